using Xunit;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Reports;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Tests.Topology;

/// <summary>What a failed iteration leaves: enough to look into and to run again.</summary>
public sealed class FailureFolderTests : IDisposable
{
    private const long RunSeed = 42;

    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-chaos-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_failed_iteration_leaves_its_seed_its_replay_command_all_logs_and_the_proxies_state()
    {
        var row = new ScenarioRow("T-LAT-01", "transport", "planted", ["inprocess"], 1, () => new Broken());
        var seed = ScenarioRunner.SeedOf(RunSeed, row.Id, "inprocess", 3);
        var failures = Path.Combine(_directory, "failures");
        var scratch = Path.Combine(_directory, "scratch");
        var result = await ScenarioRunner.RunAsync(row, "inprocess", 3, seed, new RunSettings("", "", scratch, "tcp"), failures, TestContext.Current.CancellationToken);
        Assert.Equal(("failed", "it broke"), (result.Outcome, result.Reason));
        Assert.Equal("dotnet run --project Chaos -c Release -- run --scenario T-LAT-01 --tier inprocess --transport tcp --seed 42 --iterations 4", FailureFolder.WriteReplay(failures, result, RunSeed));
        Assert.False(Directory.Exists(scratch));

        var folder = FailureFolder.Of(failures, "T-LAT-01", "inprocess", 3, seed);
        Assert.Equal(["client-A.jsonl", "client-B.jsonl", "proxy-A.txt", "proxy-B.txt", "relay.log", "replay.txt", "timeline.txt"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var timeline = await ReadAsync(folder, "timeline.txt");
        Assert.StartsWith("it broke", timeline, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"seed of this iteration: {seed}"), timeline, StringComparison.Ordinal);
        Assert.Contains("fault    latency is on", timeline, StringComparison.Ordinal);
        Assert.Contains("--seed 42 --iterations 4", await ReadAsync(folder, "replay.txt"), StringComparison.Ordinal);
        Assert.NotEmpty(await ReadAsync(folder, "relay.log"));
        Assert.Contains("\"pushed\"", await ReadAsync(folder, "client-A.jsonl"), StringComparison.Ordinal);
        var proxy = await ReadAsync(folder, "proxy-A.txt");
        Assert.Contains("toxic latency_upstream: latency Upstream, toxicity 1, latency 5, jitter 1", proxy, StringComparison.Ordinal);
        Assert.Contains("latency_upstream: ", proxy, StringComparison.Ordinal);
        Assert.DoesNotContain("\"invite\"", await ReadAsync(folder, "client-A.jsonl"), StringComparison.Ordinal);
    }

    private static Task<string> ReadAsync(string folder, string file) => File.ReadAllTextAsync(Path.Combine(folder, file), TestContext.Current.CancellationToken);

    private sealed class Broken : Scenario
    {
        public override string? WaitsFor(string tier) => null;

        public override async Task RunAsync(ScenarioRun run, CancellationToken cancellationToken)
        {
            var settings = new TopologySettings("", "", run.Settings.ScratchDirectory, run.Seed, run.Settings.Transport);
            await using var topology = await Topologies.StartAsync(run.Tier, settings, cancellationToken);
            run.SaveLogs = topology.SaveLogs;
            topology.Clients[0].Link.Add("latency", Direction.Upstream, ("latency", 5), ("jitter", 1));
            run.Fault("latency is on");
            await topology.Clients[0].PushAsync("x"u8.ToArray(), null, cancellationToken);
            await topology.QuiesceAsync(cancellationToken);
            run.That(false, "it broke");
        }
    }
}
