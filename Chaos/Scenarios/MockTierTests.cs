using Xunit;

namespace ZeroK.Chaos.Scenarios.Tests;

/// <summary>The scenarios as tests, on the lightest tier. More iterations and the other tiers: the runner.</summary>
public sealed class MockTierTests
{
    private const int Iterations = 7;

    public static IEnumerable<TheoryDataRow<string>> OnMock => TierRows.Of("mock", r => r.Tiers.Contains("mock"));

    [Theory, MemberData(nameof(OnMock))]
    public Task Scenario_passes_all_iterations_or_says_what_it_waits_for(string id) => TierRows.RunAsync(id, "mock", Iterations, "tcp");
}
