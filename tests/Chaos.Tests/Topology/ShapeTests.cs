using Xunit;
using ZeroK.Chaos.Judges;

namespace ZeroK.Chaos.Tests.Topology;

/// <summary>The shapes that a topology comes in, each with traffic from every device, a restart, and every judge.</summary>
public sealed class ShapeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 1)]
    [InlineData(20, 1)]
    [InlineData(2, 2)]
    public async Task Every_device_gets_every_blob_and_all_judges_pass(int clients, int relays)
    {
        await using var run = await GroupRun.StartAsync(clients, Stop, relays);
        for (var i = 0; i < clients; i++) await run.PushAsync(i, Stop);
        for (var i = 0; i < clients; i++) await run.DeliveredAsync(i, clients - 1, Stop);
        await run.Topology.QuiesceAsync(Stop);
        var history = run.Topology.History.Snapshot();
        Assert.Equal(clients, history.Ends.Count);
        Assert.All(run.Topology.Clients, c => Assert.Equal(relays, c.Links.Count));
        Assert.All(HistoryJudges.All.Select(j => j.Decide(history)), v => Assert.True(v.Passed, v.ToString()));
        var seen = MarkerJudge.Decide(run.Markers, run.Topology.WhatOthersSaw());
        Assert.True(seen.Passed, seen.ToString());
    }

    [Fact]
    public async Task A_killed_relay_comes_back_on_its_data_and_its_port()
    {
        await using var run = await GroupRun.StartAsync(2, Stop);
        await run.PushAsync(0, Stop);
        await run.DeliveredAsync(1, 1, Stop);
        var (relay, address) = (run.Topology.Relays[0], run.Topology.Relays[0].Address);
        Assert.True(await relay.HealthyAsync(Stop));
        await relay.KillAsync();
        Assert.False(await relay.HealthyAsync(Stop));
        await run.PushAsync(1, Stop);
        await relay.StartAsync(Stop);
        await run.DeliveredAsync(0, 1, Stop);
        Assert.Equal(address, relay.Address);
        Assert.Equal(2, await relay.MetricAsync("zerok_sessions", "", Stop));
    }
}
