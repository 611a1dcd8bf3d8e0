using Xunit;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Tests.Topology;

/// <summary>Several relays in this process, under the faults that real ones are put under by the end-to-end tests: sessions are live when the fault hits, and every judge that several logs allow decides at the end.</summary>
public sealed class SeveralRelaysTests
{
    private const int Blobs = 40;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Each relay has cursors of its own: what is told of them does not add up over a failover.
    private static readonly string[] OfOneLog = ["reads are monotonic", "cursors are unique", "cursors have no gap"];

    [Fact]
    public async Task Primary_killed_during_a_push_loses_nothing()
    {
        await using var run = await GroupRun.StartAsync(2, Stop, relays: 2);
        await AllConnectedAsync(run);
        var pushing = run.Topology.Clients[0].PushManyAsync(Blobs, 5_000, Stop);
        await DurableAsync(run, Blobs / 4);
        await run.Topology.Relays[0].KillAsync();
        await pushing;
        await DurableAsync(run, Blobs);
        await run.DeliveredAsync(1, Blobs, Stop);
        await run.Topology.Relays[0].StartAsync(Stop);
        await JudgeAsync(run);
    }

    [Fact]
    public async Task Secondary_killed_changes_nothing()
    {
        await using var run = await GroupRun.StartAsync(2, Stop, relays: 2);
        await AllConnectedAsync(run);
        var pushing = run.Topology.Clients[0].PushManyAsync(Blobs, 5_000, Stop);
        await DurableAsync(run, Blobs / 4);
        await run.Topology.Relays[1].KillAsync();
        await pushing;
        await DurableAsync(run, Blobs);
        await run.DeliveredAsync(1, Blobs, Stop);
        Assert.True((await run.Topology.Clients[0].StatusAsync(Stop)).Online);
        await run.Topology.Relays[1].StartAsync(Stop);
        await JudgeAsync(run);
    }

    [Fact]
    public async Task All_killed_is_said_and_pushes_are_taken_and_go_out_when_one_is_back()
    {
        await using var run = await GroupRun.StartAsync(2, Stop, relays: 2);
        await AllConnectedAsync(run);
        foreach (var relay in run.Topology.Relays) await relay.KillAsync();
        await run.Topology.Clients[0].PushManyAsync(Blobs, 5_000, Stop).WaitAsync(TimeSpan.FromSeconds(30), Stop);
        var offline = await run.Topology.Clients[0].WaitForAsync(s => !s.Online && s.Problems.Any(p => p.Contains("No relay", StringComparison.Ordinal)), Stop);
        Assert.Equal(Blobs, offline.Pending);
        await run.Topology.Relays[1].StartAsync(Stop);
        await DurableAsync(run, Blobs);
        await run.DeliveredAsync(1, Blobs, Stop);
        await run.Topology.Relays[0].StartAsync(Stop);
        await JudgeAsync(run);
    }

    [Fact]
    public async Task Relay_that_flaps_makes_no_hole_and_no_second_copy()
    {
        await using var run = await GroupRun.StartAsync(2, Stop, relays: 2);
        await AllConnectedAsync(run);
        for (var i = 0; i < 4; i++)
        {
            var pushing = run.Topology.Clients[0].PushManyAsync(Blobs / 4, 5_000, Stop);
            foreach (var client in run.Topology.Clients) await client.Links[0].CutAsync();
            await pushing;
            await DurableAsync(run, (i + 1) * (Blobs / 4));
        }

        await run.DeliveredAsync(1, Blobs, Stop);
        await JudgeAsync(run);
    }

    [Fact]
    public async Task Primary_with_5_s_latency_is_waited_for_and_nothing_hangs()
    {
        await using var run = await GroupRun.StartAsync(2, Stop, relays: 2);
        await AllConnectedAsync(run);
        foreach (var client in run.Topology.Clients) client.Links[0].AddBoth("latency", ("latency", 2_500));
        var began = TimeProvider.System.GetTimestamp();
        await run.Topology.Clients[0].PushManyAsync(Blobs, 5_000, Stop);
        await DurableAsync(run, Blobs);

        // The receipts, though, are the primary's word.
        while (run.Topology.History.Snapshot().Pushes.Any(p => p.Cursor == 0)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(4.9), "The primary's acknowledgement was not waited for.");
        await run.DeliveredAsync(1, Blobs, Stop);
        foreach (var client in run.Topology.Clients) client.Links[0].Heal();
        await JudgeAsync(run);
    }

    private static async Task AllConnectedAsync(GroupRun run)
    {
        foreach (var relay in run.Topology.Relays)
            while (await relay.MetricAsync("zerok_sessions", "", Stop) < 2) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
    }

    private static Task<Agent.AgentStatus> DurableAsync(GroupRun run, int blobs) => run.Topology.Clients[0].WaitForAsync(s => s.Durable >= (ulong)blobs, Stop);

    private static async Task JudgeAsync(GroupRun run)
    {
        await run.Topology.QuiesceAsync(Stop);
        var history = run.Topology.History.Snapshot();
        Assert.Empty(history.Missing);
        Assert.Empty(history.Gaps);
        foreach (var judge in HistoryJudges.All.Where(j => !OfOneLog.Contains(j.Name)))
        {
            var verdict = judge.Decide(history);
            Assert.True(verdict.Passed, verdict.ToString());
        }
    }
}
