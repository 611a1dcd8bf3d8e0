namespace ZeroK.Chaos.Judges;

/// <summary>What a process uses. Negative: not known.</summary>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Descriptors">Open file descriptors, without loaded assemblies.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Sessions">Sessions, by the relay's own count.</param>
/// <param name="Connections">Connections, by the relay's own count.</param>
public sealed record ResourceUse(long ResidentBytes, int Descriptors, int Threads, int Sessions, int Connections);

/// <summary>How much more may be in use after than before.</summary>
/// <param name="ResidentBytes">Bytes more; the collector is lazy, so allow some.</param>
/// <param name="Descriptors">Descriptors more.</param>
/// <param name="Threads">Threads more.</param>
public sealed record ResourceAllowance(long ResidentBytes = 64L * 1024 * 1024, int Descriptors = 4, int Threads = 16);

/// <summary>Nothing leaks: what a process uses is back where it was.</summary>
public static class ResourceJudge
{
    private const string Name = "resources are back to the baseline";

    /// <summary>Compares. What is not known in both is passed over.</summary>
    public static Verdict Decide(ResourceUse before, ResourceUse after, ResourceAllowance allowance)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(allowance);
        var check = new Checklist(Name);
        Compare("resident memory, bytes", before.ResidentBytes, after.ResidentBytes, allowance.ResidentBytes);
        Compare("file descriptors", before.Descriptors, after.Descriptors, allowance.Descriptors);
        Compare("threads", before.Threads, after.Threads, allowance.Threads);
        Compare("sessions", before.Sessions, after.Sessions, 0);
        Compare("connections", before.Connections, after.Connections, 0);
        return check.Verdict;

        void Compare(string what, long was, long now, long more)
        {
            if (was >= 0 && now >= 0) check.That(now <= was + more, FormattableString.Invariant($"{what}: {was} before, {now} after, {more} more allowed"));
        }
    }
}
