using System.Text.Json;
using Xunit;
using ZeroK.Chaos.Reports;

namespace ZeroK.Chaos.Scenarios.Tests;

/// <summary>The runner judges the judging: nothing passes without its fault and an assertion.</summary>
public sealed class RunnerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-chaos-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private sealed class Planted(Func<ScenarioRun, Task> body, params string[] promises) : Scenario
    {
        public override string? WaitsFor(string tier) => null;

        public override IReadOnlyList<string> Promises { get; } = promises;

        public override TimeSpan Limit => TimeSpan.FromMilliseconds(300);

        public override Task RunAsync(ScenarioRun run, CancellationToken cancellationToken) => body(run).WaitAsync(cancellationToken);
    }

    private Task<IterationResult> RunAsync(Func<ScenarioRun, Task> body, string id = "T-LAT-01", params string[] promises) =>
        ScenarioRunner.RunAsync(new ScenarioRow(id, "transport", "planted", ["mock"], 1, () => new Planted(body, promises)), "mock", 0, 7, new RunSettings("", "", Path.Combine(_directory, "scratch"), "tcp"), Path.Combine(_directory, "failures"), CancellationToken.None);

    [Fact]
    public async Task A_scenario_that_asserts_nothing_or_whose_fault_took_no_effect_fails()
    {
        Assert.Equal("failed", (await RunAsync(r => { r.Fault("x"); return Task.CompletedTask; })).Outcome);
        Assert.Equal("failed", (await RunAsync(r => { r.That(true, "x"); return Task.CompletedTask; })).Outcome);
        Assert.Equal("passed", (await RunAsync(r => { r.That(true, "x"); return Task.CompletedTask; }, "S-CONC-01")).Outcome);
        Assert.Equal("passed", (await RunAsync(r => { r.Fault("x"); r.That(true, "x"); return Task.CompletedTask; })).Outcome);
    }

    [Fact]
    public async Task A_promise_that_was_not_looked_at_fails_and_one_that_is_broken_is_named()
    {
        Task One(ScenarioRun r, bool holds)
        {
            r.Fault("x");
            r.That("one", holds, "it broke");
            return Task.CompletedTask;
        }

        Assert.Equal("not evaluated: two", (await RunAsync(r => One(r, true), "T-LAT-01", "one", "two")).Reason);
        Assert.Equal("one: it broke", (await RunAsync(r => One(r, false), "T-LAT-01", "one")).Reason);
        Assert.Equal("passed", (await RunAsync(r => One(r, true), "T-LAT-01", "one")).Outcome);
    }

    [Fact]
    public async Task A_broken_assertion_an_error_and_a_hang_fail_with_their_reason_and_leave_a_folder()
    {
        Assert.Equal("it broke", (await RunAsync(r => { r.That(false, "it broke"); return Task.CompletedTask; })).Reason);
        Assert.Contains("IOException", (await RunAsync(_ => throw new IOException("disk"))).Reason, StringComparison.Ordinal);
        Assert.Contains("not done within", (await RunAsync(_ => new TaskCompletionSource().Task)).Reason, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_directory, "failures", "T-LAT-01-mock-0-7", "timeline.txt")));
    }

    [Fact]
    public async Task Results_are_written_as_JSON_lines_JUnit_and_a_page_with_a_picture()
    {
        var passed = await RunAsync(r => { r.Fault("<cut>"); r.Healed("whole"); r.That(true, "x"); return Task.CompletedTask; });
        var failed = await RunAsync(_ => throw new IOException("disk"));
        ResultFiles.Append(_directory, passed);
        using var line = JsonDocument.Parse(File.ReadAllLines(Path.Combine(_directory, "results.jsonl")).Single());
        Assert.Equal(["id", "tier", "iteration", "seed", "outcome", "reason", "faults", "assertions", "elapsedMs"], line.RootElement.EnumerateObject().Select(p => p.Name).Take(9));
        var suite = ResultFiles.JUnit([passed, failed], _ => "transport").Root!.Elements().Single();
        Assert.Equal(("2", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value));
        var row = new ScenarioRow("T-LAT-01", "transport", "planted", ["mock"], 1, () => new Planted(_ => Task.CompletedTask));
        var page = HtmlReport.Write([row], [passed, failed], "seed 7");
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains("&lt;cut&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<cut>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Seeds_of_iterations_differ_and_replay()
    {
        var seeds = Enumerable.Range(0, 50).Select(i => ScenarioRunner.SeedOf(1, "E-HS-01", "mock", i)).ToList();
        Assert.Equal(50, seeds.Distinct().Count());
        Assert.Equal(seeds[7], ScenarioRunner.SeedOf(1, "E-HS-01", "mock", 7));
    }
}
