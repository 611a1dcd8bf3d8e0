using System.Net;

namespace ZeroK.Transport;

/// <summary>What a dialer does next.</summary>
internal enum DialTurn
{
    /// <summary>Nothing can be begun any more, and nothing runs.</summary>
    Over = 0,
    /// <summary>Begin an attempt.</summary>
    Begin,
    /// <summary>Wait for an end, an answer, or the time that is named.</summary>
    Wait,
}

/// <summary>One step of a <see cref="DialRace"/>.</summary>
/// <param name="Turn">What.</param>
/// <param name="Way">The listed address that it belongs to.</param>
/// <param name="Address">Where to connect to.</param>
/// <param name="Transport">By which, as a place in the list.</param>
/// <param name="Delay">How long to wait at most; null: until something happens.</param>
internal readonly record struct DialStep(DialTurn Turn, int Way = 0, RelayEndpoint? Address = null, int Transport = 0, TimeSpan? Delay = null);

/// <summary>Which attempt to reach a relay begins when, over all its listed addresses, what their names resolve to, and the transports (RFC 8305). Pure: time is passed in.</summary>
/// <remarks>Listed addresses take turns in their order; what a name resolves to takes turns by family; at each address the transports follow each other. The next attempt begins when one has failed, or when the last one has had its head start.</remarks>
internal sealed class DialRace(int ways, int transports, TimeSpan headStart)
{
    /// <summary>A name may resolve to anything: so many attempts are made at most. Their head starts fit into the default time to connect.</summary>
    public const int AttemptsMax = 32;

    /// <summary>So long an earlier name that is still being looked up holds back those after it (RFC 8305, section 3).</summary>
    public static readonly TimeSpan ResolutionDelay = TimeSpan.FromMilliseconds(50);

    private readonly Queue<RelayEndpoint>?[] _left = new Queue<RelayEndpoint>?[ways];
    private readonly int[] _taken = new int[ways];
    private (int Way, RelayEndpoint Address, int NextTransport)? _current;
    private TimeSpan? _resolvedAt;
    private TimeSpan? _nextAt;
    private int _begun;
    private int _running;

    /// <summary>A listed address was looked up; nothing, if it could not be.</summary>
    public void Resolved(int way, IEnumerable<RelayEndpoint> addresses, TimeSpan now)
    {
        _left[way] = new Queue<RelayEndpoint>(addresses);
        if (_left[way]!.Count > 0) _resolvedAt ??= now;
    }

    /// <summary>An attempt failed: the next one need not wait.</summary>
    public void Failed()
    {
        _running--;
        _nextAt = null;
    }

    /// <summary>What to do now. Each attempt that it names counts as begun.</summary>
    public DialStep Next(TimeSpan now)
    {
        if (_begun < AttemptsMax && HasNext(now, out var heldFor))
        {
            var headStartLeft = _nextAt is { } next ? next - now : TimeSpan.Zero;
            var wait = heldFor > headStartLeft ? heldFor : headStartLeft;
            return wait > TimeSpan.Zero ? new DialStep(DialTurn.Wait, Delay: wait) : Begin(now);
        }

        var mayCome = _begun < AttemptsMax && Array.Exists(_left, l => l is null);
        return _running > 0 || mayCome ? new DialStep(DialTurn.Wait) : default;
    }

    /// <summary>Addresses of a name in the order of their tries: the family of the first one and the other one by turns.</summary>
    public static IEnumerable<IPAddress> Interleaved(IReadOnlyList<IPAddress> addresses)
    {
        if (addresses.Count == 0) yield break;
        var family = addresses[0].AddressFamily;
        var (first, second) = (addresses.Where(a => a.AddressFamily == family).ToList(), addresses.Where(a => a.AddressFamily != family).ToList());
        for (var i = 0; i < Math.Max(first.Count, second.Count); i++)
        {
            if (i < first.Count) yield return first[i];
            if (i < second.Count) yield return second[i];
        }
    }

    private DialStep Begin(TimeSpan now)
    {
        if (_current is null)
        {
            var way = Choose();
            _taken[way]++;
            _current = (way, _left[way]!.Dequeue(), 0);
        }

        var (at, address, transport) = _current.Value;
        _current = transport + 1 < transports ? (at, address, transport + 1) : null;
        _begun++;
        _running++;
        _nextAt = now + headStart;
        return new DialStep(DialTurn.Begin, at, address, transport);
    }

    private bool HasNext(TimeSpan now, out TimeSpan heldFor)
    {
        heldFor = TimeSpan.Zero;
        if (_current is not null) return true;
        var way = Choose();
        if (way < 0) return false;

        // One before it in the order is still being looked up.
        for (var i = 0; i < ways; i++)
            if (_left[i] is null && (_taken[way] > 0 || i < way)) heldFor = _resolvedAt!.Value + ResolutionDelay - now;
        return true;
    }

    // The one that had the fewest turns, and of those the first; -1 if none has addresses left.
    private int Choose()
    {
        var best = -1;
        for (var i = 0; i < ways; i++)
            if (_left[i] is { Count: > 0 } && (best < 0 || _taken[i] < _taken[best])) best = i;
        return best;
    }
}
