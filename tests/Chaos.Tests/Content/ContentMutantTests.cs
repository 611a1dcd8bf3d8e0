using Xunit;
using ZeroK.Chaos.Catalogue;
using ZeroK.Chaos.Catalogue.Content;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Tests.Content;

/// <summary>Each promise of each content scenario turns red for a planted bug that breaks it, and names itself as the reason.</summary>
public sealed class ContentMutantTests : IDisposable
{
    private const int Iterations = 3;

    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-chaos-").FullName;

    private static IReadOnlyList<(ScenarioRow Row, ContentScenario Scenario)> Scenarios { get; } =
        [.. ScenarioCatalogue.All.Select(r => (r, r.Create() as ContentScenario)).Where(r => r.Item2 is not null).Select(r => (r.r, r.Item2!))];

    public static TheoryData<string, string> Planted
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var (row, scenario) in Scenarios)
            {
                foreach (var mutant in ContentMutants.All.Where(m => scenario.Promises.Contains(m.Promise))) rows.Add(row.Id, mutant.Name);
            }

            return rows;
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory, MemberData(nameof(Planted))]
    public async Task Planted_bug_turns_its_promise_red(string id, string bug)
    {
        for (var i = 0; i < Iterations; i++)
        {
            var mutant = ContentMutants.All.Single(m => m.Name == bug && Scenarios.Single(s => s.Row.Id == id).Scenario.Promises.Contains(m.Promise));
            var result = await RunAsync(id, i, mutant);
            Assert.Equal("failed", result.Outcome);
            Assert.StartsWith(mutant.Promise + ": ", result.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_bug_the_same_iterations_pass()
    {
        foreach (var (row, _) in Scenarios)
        {
            for (var i = 0; i < Iterations; i++) Assert.Equal("passed", (await RunAsync(row.Id, i, new MemoryParts())).Outcome);
        }
    }

    [Fact]
    public void All_ten_scenarios_promise_something_and_each_promise_has_a_planted_bug()
    {
        Assert.Equal(10, Scenarios.Count);
        foreach (var (row, scenario) in Scenarios)
        {
            Assert.True(scenario.Promises.Count > 0, $"{row.Id} promises nothing");
            Assert.All(scenario.Promises, p => Assert.Contains(ContentMutants.All, m => m.Promise == p));
        }
    }

    private async Task<IterationResult> RunAsync(string id, int iteration, MemoryParts parts)
    {
        var row = ScenarioCatalogue.All.Single(r => r.Id == id);
        var planted = row with
        {
            Create = () =>
            {
                var scenario = (ContentScenario)row.Create();
                scenario.Parts = parts;
                return scenario;
            },
        };
        return await ScenarioRunner.RunAsync(planted, "mock", iteration, ScenarioRunner.SeedOf(7, id, "mock", iteration), new RunSettings("", "", Path.Combine(_directory, "scratch"), "tcp"), Path.Combine(_directory, "failures"), TestContext.Current.CancellationToken);
    }
}
