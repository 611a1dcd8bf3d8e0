using ZeroK.Transport;

namespace ZeroK.Client.Session;

/// <summary>One relay with all its addresses. What proves the same key is one relay, however many machines and names it has.</summary>
/// <param name="Address">The first that the group lists: it names the relay.</param>
/// <param name="Ways">Every address, in the group's order.</param>
internal sealed record RelayWays(RelayAddress Address, IReadOnlyList<RelayEndpoint> Ways)
{
    /// <summary>The relays of a list of addresses, each at the place of its first.</summary>
    public static IReadOnlyList<RelayWays> Of(IEnumerable<RelayAddress> addresses) =>
        [.. addresses.GroupBy(a => Convert.ToHexString(a.Fingerprint.Span)).Select(g => new RelayWays(g.First(), [.. g.Distinct().Select(a => a.Endpoint)]))];
}
