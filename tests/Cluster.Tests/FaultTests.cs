using Xunit;
using ZeroK.Chaos.Cluster;

namespace ZeroK.Cluster.Tests;

/// <summary>Each fault once, under load; the history's judges decide.</summary>
public sealed class FaultTests(SharedNodes shared)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public Task Killed_relay_loses_and_doubles_nothing() => UnderLoadAsync(async nodes =>
    {
        await nodes.Relays[0].KillAsync();
        await nodes.Relays[0].StartAsync(Stop);
    });

    [Fact]
    public Task Database_that_goes_and_comes_back_loses_and_doubles_nothing() => UnderLoadAsync(async nodes =>
    {
        await nodes.Server.KillAsync();
        await nodes.Server.StartAgainAsync();
    });

    [Fact]
    public Task Database_that_stands_still_for_a_while_loses_and_doubles_nothing() => UnderLoadAsync(async nodes =>
    {
        nodes.Server.Pause();
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Stop);
        nodes.Server.Resume();
    });

    [Fact]
    public Task Restart_of_all_relays_and_the_database_loses_and_doubles_nothing() => UnderLoadAsync(async nodes =>
    {
        foreach (var relay in nodes.Relays) await relay.KillAsync();
        await nodes.Server.KillAsync();
        await nodes.Server.StartAgainAsync();
        await Task.WhenAll(nodes.Relays.Select(r => r.StartAsync(Stop)));
    });

    private async Task UnderLoadAsync(Func<Nodes, Task> fault)
    {
        await using var relays = await TestRelays.WithAsync(shared);
        await using var load = new ClusterLoad(relays.Nodes, groups: 8, bodyBytes: 200, seed: 1);
        load.Connect();
        using var enough = new CancellationTokenSource();
        var pushing = load.PushAsync(80, enough.Token);
        await UntilAsync(() => load.Acknowledged > 100);
        await fault(relays.Nodes);
        var before = load.Acknowledged;
        await UntilAsync(() => load.Acknowledged > before + 100);
        await enough.CancelAsync();
        await pushing;
        Assert.True(await load.SettleAsync(TestRelays.Patience));
        Assert.Empty(load.Judge());
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(TestRelays.Patience);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
    }
}
