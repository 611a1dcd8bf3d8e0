using System.Diagnostics;
using Xunit;
using ZeroK.Chaos.Docker;
using ZeroK.Chaos.Faults;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Tests.Docker;

/// <summary>The Docker topology on a real daemon with real images; skipped with the reason where there are none.</summary>
public sealed class DockerTopologyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-docker-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private TopologySettings Settings => new("", "", _directory, 7, "tcp");

    [Fact]
    public async Task Relay_and_devices_are_killed_paused_and_started_again_and_nothing_is_left_behind()
    {
        var topology = new DockerTopology(Settings);
        try
        {
            await StartAsync(topology);
            ITopology run = topology;
            var (relay, clients) = (run.Relay, run.Clients);
            Assert.True(await relay.HealthyAsync(Stop));
            await PushAsync(topology, 0, 1);

            var address = relay.Address;
            await relay.KillAsync();
            Assert.False(relay.Running);
            Assert.False(await relay.HealthyAsync(Stop));
            await relay.StartAsync(Stop);
            Assert.Equal(address, relay.Address);
            await PushAsync(topology, 1, 1);

            await relay.PauseAsync();
            Assert.False(await relay.HealthyAsync(Stop));
            await relay.ResumeAsync();
            await PushAsync(topology, 0, 2);

            await clients[1].KillAsync();
            await clients[1].StartAsync(Stop);
            await clients[0].PauseAsync();
            await clients[0].ResumeAsync();
            await PushAsync(topology, 1, 2);

            await relay.RestartAsync(Stop);
            await topology.QuiesceAsync(Stop);
            var history = topology.History.Snapshot();
            Assert.All(HistoryJudges.All.Select(j => j.Decide(history)), v => Assert.True(v.Passed, v.ToString()));
            Assert.Contains(topology.WhatOthersSaw(), s => s.Name == "groups.db");
            Assert.Contains("\"ready\":true", relay.Log, StringComparison.Ordinal);
            var use = await relay.UseAsync(Stop);
            Assert.Equal(2, use.Sessions);
        }
        finally
        {
            await topology.DisposeAsync();
        }

        Assert.DoesNotContain(await new DockerEngine().ListAsync(Stop), c => c.Labels.GetValueOrDefault(DockerLabels.Runner) == DockerLabels.ThisRunner);
    }

    [Fact]
    public async Task What_a_crashed_runner_left_is_removed_by_its_label_and_a_living_one_s_is_not()
    {
        await using var topology = new DockerTopology(Settings with { Clients = 0 });
        await StartAsync(topology);
        using var gone = Process.Start(new ProcessStartInfo("true"))!;
        await gone.WaitForExitAsync(Stop);
        var labels = new Dictionary<string, string> { [DockerLabels.Suite] = "run", [DockerLabels.Runner] = DockerLabels.RunnerOf(Environment.MachineName, gone.Id) };
        var name = $"zerok-left-over-{gone.Id}";
        await DockerCommands.CreateNetwork(name, System.Net.IPNetwork.Parse("10.214.250.0/24"), labels).RunAsync(Stop);
        await DockerCommands.Create(new ContainerSpec(name, DockerSettings.FromEnvironment().RelayImage, name, "10.214.250.9", []) { Labels = labels }).RunAsync(Stop);
        await DockerCommands.Start(name).RunAsync(Stop);
        Assert.True(await DockerEngine.RemoveLeftOversAsync(Stop) >= 2);
        var left = await new DockerEngine().ListAsync(Stop);
        Assert.DoesNotContain(left, c => c.Name == name);
        Assert.Contains(left, c => c.Running && c.Labels.GetValueOrDefault(DockerLabels.Runner) == DockerLabels.ThisRunner);
        Assert.DoesNotContain(name, await DockerCommands.Networks(DockerLabels.Suite).RunAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pumbas_verbs_hit_a_container_of_the_run_through_our_adapter()
    {
        await using var topology = new DockerTopology(Settings with { Clients = 0 });
        await StartAsync(topology);
        var relay = ((ITopology)topology).Relay;
        while (await ((RelayContainer)relay).CheckedHealthAsync(Stop) != "healthy") await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Stop);
        var faults = new ContainerFaults(new DockerEngine(), new Random(1), TimeProvider.System);
        var target = ContainerTarget.Matching("-relay-").WithLabel(DockerLabels.Runner, DockerLabels.ThisRunner) with { Limit = 1 };
        await faults.ApplyAsync(new PauseFault(TimeSpan.FromMilliseconds(300)), target, Stop);
        Assert.True(await relay.HealthyAsync(Stop));
        await faults.ApplyAsync(new KillFault(), target, Stop);
        Assert.False(await relay.HealthyAsync(Stop));
    }

    [Fact]
    public async Task A_missing_image_skips_and_says_the_command_that_builds_it()
    {
        await using var topology = new DockerTopology(Settings, new DockerSettings("zerok-no-such-image:0", "zerok-chaos:chaos"));
        var why = await Assert.ThrowsAsync<ScenarioSkippedException>(() => topology.StartAsync(Stop));
        Assert.True(why.Message.Contains("scripts/chaos-images", StringComparison.Ordinal) || why.Message.Contains("does not answer", StringComparison.Ordinal) || why.Message.Contains("needs Linux", StringComparison.Ordinal), why.Message);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task StartAsync(DockerTopology topology)
    {
        try
        {
            await topology.StartAsync(Stop);
        }
        catch (ScenarioSkippedException e)
        {
            Assert.Skip(e.Message);
        }
    }

    private static async Task PushAsync(DockerTopology topology, int from, int delivered)
    {
        var other = topology.Clients[1 - from];
        await topology.Clients[from].PushAsync([1, 2, 3, (byte)delivered], "label", Stop);
        while (topology.History.DistinctDeliveries(other.Label) < delivered) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
    }
}
