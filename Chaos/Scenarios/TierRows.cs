using Xunit;
using Xunit.Sdk;
using ZeroK.Chaos.Catalogue;

namespace ZeroK.Chaos.Scenarios.Tests;

/// <summary>Scenarios as rows of a theory, each with its category and tier as traits: dotnet test --filter-trait category=sync.</summary>
internal static class TierRows
{
    private const long Seed = 20_261_123;

    public static IEnumerable<TheoryDataRow<string>> Of(string tier, Func<ScenarioRow, bool> wanted) =>
        ScenarioCatalogue.All.Where(wanted).Select(r => new TheoryDataRow<string>(r.Id).WithTrait("category", r.Category).WithTrait("tier", tier));

    /// <summary>Runs a scenario's iterations; the first that does not pass fails the test.</summary>
    public static async Task RunAsync(string id, string tier, int iterations, string transport)
    {
        var row = ScenarioCatalogue.All.Single(r => r.Id == id);
        var scratch = Path.Combine(Path.GetTempPath(), "zerok-chaos", Guid.NewGuid().ToString("N"));
        for (var i = 0; i < iterations; i++)
        {
            var result = await ScenarioRunner.RunAsync(row, tier, i, ScenarioRunner.SeedOf(Seed, id, tier, i), new RunSettings("", "", Path.Combine(scratch, "run"), transport), Path.Combine(scratch, "failures"), TestContext.Current.CancellationToken);
            if (result.Outcome == "skipped") Assert.Skip(result.Reason);
            Assert.True(result.Outcome == "passed", $"iteration {i}, seed {result.Seed}: {result.Reason} ({scratch})");
            Assert.True(result.Assertions > 0 && (result.Faults > 0 || ScenarioRunner.HasNoFault(id)));
        }
    }
}
