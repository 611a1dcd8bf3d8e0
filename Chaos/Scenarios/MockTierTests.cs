using Xunit;
using ZeroK.Chaos.Catalogue;

namespace ZeroK.Chaos.Scenarios.Tests;

/// <summary>The scenarios as tests, on the lightest tier. More iterations and the other tiers: the runner.</summary>
[Trait("tier", "mock")]
public sealed class MockTierTests
{
    private const int Iterations = 7;
    private const long Seed = 20_261_123;

    public static TheoryData<string> OnMock => [.. ScenarioCatalogue.All.Where(r => r.Tiers.Contains("mock")).Select(r => r.Id)];

    [Theory, MemberData(nameof(OnMock))]
    public async Task Scenario_passes_all_iterations_or_says_what_it_waits_for(string id)
    {
        var row = ScenarioCatalogue.All.Single(r => r.Id == id);
        var scratch = Path.Combine(Path.GetTempPath(), "zerok-chaos", Guid.NewGuid().ToString("N"));
        for (var i = 0; i < Iterations; i++)
        {
            var result = await ScenarioRunner.RunAsync(row, "mock", i, ScenarioRunner.SeedOf(Seed, id, "mock", i), new RunSettings("", "", scratch, "tcp"), scratch, CancellationToken.None);
            if (result.Outcome == "skipped") Assert.Skip(result.Reason);
            Assert.True(result.Outcome == "passed", $"iteration {i}, seed {result.Seed}: {result.Reason}");
            Assert.True(result.Assertions > 0 && (result.Faults > 0 || ScenarioRunner.HasNoFault(id)));
        }
    }
}
