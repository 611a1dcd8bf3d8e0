using System.Globalization;
using System.Text;

namespace ZeroK.Grains.Groups;

/// <summary>How a clock was set while the relay ran or was away. With it, what was stamped by that clock ages by the time that has passed, not by what the clock says.</summary>
/// <param name="Steps">In their order.</param>
public sealed record ClockSteps(IReadOnlyList<ClockStep> Steps)
{
    /// <summary>Steps that are remembered; more become one with the next.</summary>
    public const int StepsMax = 64;

    // Far beyond any clock, and far from where numbers end.
    private const ulong Latest = long.MaxValue / 4;

    /// <summary>A clock that was never set.</summary>
    public static ClockSteps None { get; } = new([]);

    /// <summary>Whether more than <paramref name="keep"/> has passed since a stamp. Where it can't be told when that was, it counts as younger.</summary>
    public bool IsOver(ulong stampMs, TimeSpan keep, ulong nowMs) => AsNow((long)Math.Min(stampMs, Latest), (long)nowMs) < (long)nowMs - (long)keep.TotalMilliseconds;

    /// <summary>A stamp below which <see cref="IsOver"/> holds: what a store is asked by.</summary>
    public ulong Cutoff(TimeSpan keep, ulong nowMs)
    {
        var old = (long)nowMs - (long)keep.TotalMilliseconds;
        var (cutoff, moved) = (old, 0L);
        for (var run = Steps.Count - 1; run >= 0; run--)
        {
            moved += Steps[run].ByMs;
            var (start, end) = RunOf(run, (long)nowMs);
            if (moved > 0 && old - moved <= end && start < cutoff) cutoff = Math.Min(cutoff, Math.Max(start, old - moved));
        }

        return (ulong)Math.Max(0, cutoff);
    }

    /// <summary>The clock stood at one time and, with nothing passing in between that is to count, at another.</summary>
    /// <param name="fromMs">Before.</param>
    /// <param name="toMs">After.</param>
    /// <param name="lastMs">The last time that may have been stamped before, if that is not <paramref name="fromMs"/>.</param>
    public ClockSteps With(ulong fromMs, ulong toMs, ulong? lastMs = null)
    {
        List<ClockStep> steps = [.. Steps, new ClockStep(lastMs ?? fromMs, (long)toMs - (long)fromMs, toMs)];
        while (steps.Count > StepsMax)
        {
            steps[1] = steps[1] with { ByMs = steps[1].ByMs + steps[0].ByMs };
            steps.RemoveAt(0);
        }

        return new ClockSteps(steps);
    }

    /// <summary>As text for a store's note, with when it was written.</summary>
    public byte[] ToNote(ulong nowMs) => Encoding.ASCII.GetBytes(string.Join('\n', Steps.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.AtMs} {s.ByMs} {s.ToMs}")).Prepend(nowMs.ToString(CultureInfo.InvariantCulture))));

    /// <summary>Reads a note; null if it is none.</summary>
    public static (ClockSteps Steps, ulong WrittenMs)? FromNote(ReadOnlySpan<byte> note)
    {
        var lines = Encoding.ASCII.GetString(note).Split('\n');
        if (lines.Length > StepsMax + 1 || !ulong.TryParse(lines[0], CultureInfo.InvariantCulture, out var written)) return null;
        var steps = new List<ClockStep>();
        foreach (var line in lines.Skip(1))
        {
            var parts = line.Split(' ');
            if (parts.Length != 3 || !ulong.TryParse(parts[0], CultureInfo.InvariantCulture, out var at) || !long.TryParse(parts[1], CultureInfo.InvariantCulture, out var by)
                || !ulong.TryParse(parts[2], CultureInfo.InvariantCulture, out var to)) return null;
            steps.Add(new ClockStep(at, by, to));
        }

        return (new ClockSteps(steps), written);
    }

    // Where a stamp would stand on today's clock: the latest place, if the clock has shown that time more than once, or never.
    private long AsNow(long stamp, long now)
    {
        var (latest, possible, moved) = (stamp, long.MinValue, 0L);
        for (var run = Steps.Count; run >= 0; run--)
        {
            if (run < Steps.Count) moved += Steps[run].ByMs;
            latest = Math.Max(latest, stamp + moved);
            var (start, end) = RunOf(run, now);
            if (stamp >= start && stamp <= end) possible = Math.Max(possible, stamp + moved);
        }

        return possible == long.MinValue ? latest : possible;
    }

    // What the clock has shown between two steps; the first run begins nowhere, the last one ends now.
    private (long Start, long End) RunOf(int run, long now) => (run == 0 ? 0 : (long)Steps[run - 1].ToMs, run < Steps.Count ? (long)Steps[run].AtMs : now);
}

/// <summary>A clock was set.</summary>
/// <param name="AtMs">The last time, by the clock, that may have been stamped before.</param>
/// <param name="ByMs">How far it was moved.</param>
/// <param name="ToMs">The first time that may have been stamped after.</param>
public readonly record struct ClockStep(ulong AtMs, long ByMs, ulong ToMs);
