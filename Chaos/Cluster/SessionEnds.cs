using System.Collections.Concurrent;
using System.Globalization;

namespace ZeroK.Chaos.Cluster;

/// <summary>How sessions ended, each kind counted: what a device was told, or that it was told nothing.</summary>
public sealed class SessionEnds
{
    private readonly ConcurrentDictionary<(string What, bool InOrder), int> _counts = new();

    /// <summary>What no drain excuses: sessions that broke, fell silent, or were refused what can't be asked again.</summary>
    public IReadOnlyList<string> OutOfOrder => [.. Lines(inOrder: false)];

    /// <summary>Counts one.</summary>
    /// <param name="bye">The code of the BYE that came before the end; null for none.</param>
    /// <param name="ended">What the device met; null if the session was simply over.</param>
    public void Add(ErrorCode? bye, SessionEndedException? ended)
    {
        var (what, inOrder) = (bye, ended) switch
        {
            ({ } code, _) => ($"BYE {code}", code == ErrorCode.RelayShuttingDown),
            (_, { Code: not ErrorCode.None } refused) => ($"refused {refused.Code}", refused.Code is ErrorCode.RelayShuttingDown or ErrorCode.RelayOverloaded),
            (_, { InnerException: TimeoutException }) => ("no answer in time", false),
            _ => ("broke without a BYE", false),
        };
        _counts.AddOrUpdate((what, inOrder), 1, (_, count) => count + 1);
    }

    /// <summary>All of them in one.</summary>
    public static SessionEnds Sum(IEnumerable<SessionEnds> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var sum = new SessionEnds();
        foreach (var (kind, count) in parts.SelectMany(p => p._counts)) sum._counts.AddOrUpdate(kind, count, (_, before) => before + count);
        return sum;
    }

    /// <inheritdoc/>
    public override string ToString() => _counts.IsEmpty ? "none" : string.Join(", ", Lines(inOrder: true).Concat(OutOfOrder));

    private IEnumerable<string> Lines(bool inOrder) =>
        _counts.Where(c => c.Key.InOrder == inOrder).OrderBy(c => c.Key.What, StringComparer.Ordinal).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key.What}: {c.Value}"));
}
