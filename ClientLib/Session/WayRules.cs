using ZeroK.Transport;

namespace ZeroK.Client.Session;

/// <summary>In which order a relay's addresses are tried. Pure: time is passed in.</summary>
/// <remarks>The listed order is the preference. An address that took a connection and then gave no session goes behind the others for a while: a dead node behind a balancer, or a stranger, must not be met for ever. One that took no connection need not: the race to connect passes it over.</remarks>
internal sealed class WayRules(IReadOnlyList<RelayEndpoint> ways)
{
    /// <summary>So long such an address stays behind the others.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromMinutes(5);

    /// <summary>A session that lasted so long says nothing against its address when it breaks.</summary>
    internal static readonly TimeSpan ProvenAfter = TimeSpan.FromSeconds(30);

    private readonly DateTimeOffset?[] _failedAt = new DateTimeOffset?[ways.Count];
    private readonly bool[] _isStranger = new bool[ways.Count];

    /// <summary>The address that the last transport connected to.</summary>
    public RelayEndpoint Here { get; private set; } = ways[0];

    /// <summary>The address, if it is not the one that names the relay.</summary>
    public RelayEndpoint? Elsewhere => Here == ways[0] ? null : Here;

    /// <summary>The addresses in the order of the next try.</summary>
    public IReadOnlyList<RelayEndpoint> Order(DateTimeOffset now) =>
        [.. ways.Select((way, i) => (way, FailedAt: IsResting(i, now) ? _failedAt[i] : null)).OrderBy(w => w.FailedAt ?? DateTimeOffset.MinValue).Select(w => w.way)];

    /// <summary>A transport connected.</summary>
    public void Dialed(RelayEndpoint? way) => Here = way ?? ways[0];

    /// <summary>The relay has proved itself there.</summary>
    public void Greeted() => _isStranger[Index] = false;

    /// <summary>What was connected gave no session, or one that broke.</summary>
    /// <param name="isStranger">Who is there has another key.</param>
    /// <param name="connectedAt">Since when there was a session; null for none.</param>
    /// <param name="now">The clock.</param>
    /// <returns>Whether a stranger is at every address: trying again would not help.</returns>
    public bool Failed(bool isStranger, DateTimeOffset? connectedAt, DateTimeOffset now)
    {
        if (isStranger) _isStranger[Index] = true;
        if (!(now - connectedAt >= ProvenAfter)) _failedAt[Index] = now;
        return Array.TrueForAll(_isStranger, s => s);
    }

    /// <summary>Somebody asks for a try now: the network may be another.</summary>
    public void Again()
    {
        Array.Clear(_failedAt);
        Array.Clear(_isStranger);
    }

    private int Index => Math.Max(0, ways.ToList().IndexOf(Here));

    // A clock that was set back ends the rest too.
    private bool IsResting(int way, DateTimeOffset now) => _failedAt[way] is { } at && now >= at && now < at + Rest;
}
