using Xunit;

namespace ZeroK.Chaos.Scenarios.Tests;

/// <summary>A test cluster, its gateways and the client library in this process: the sync scenarios, and those of the other categories that make a smoke test. One at a time: each has 2 silos and a store of its own.</summary>
public sealed class InProcessTierTests
{
    // Beyond what the catalogue puts on this tier: latency, loss, bursts, a relay that dies, a disturbed handshake.
    private static readonly string[] Smoke = ["T-LAT-01", "T-LOSS-02", "T-LOSS-04", "T-CONN-01", "E-HS-01"];

    public static IEnumerable<TheoryDataRow<string>> OnInProcess => TierRows.Of("inprocess", r => r.Tiers.Contains("inprocess") || Smoke.Contains(r.Id));

    [Theory, MemberData(nameof(OnInProcess))]
    public Task Scenario_passes_or_says_what_it_waits_for(string id) => TierRows.RunAsync(id, "inprocess", 1, "tcp");
}
