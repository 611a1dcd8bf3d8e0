using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;
using Xunit;
using ZeroK.Grains.Storage;

namespace ZeroK.Cluster.Tests.Silos;

/// <summary>Silos of one process under load, without a database: each fault once, and the history's judges decide.</summary>
public sealed class SiloFaultTests
{
    private const int Groups = 12;
    private const int Enough = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public Task Killed_silo_loses_and_doubles_nothing() => UnderLoadAsync((cluster, _) => cluster.KillAsync(cluster.Silos[^1]));

    [Fact]
    public Task Restart_of_all_silos_loses_and_doubles_nothing() => UnderLoadAsync((cluster, _) => cluster.RestartAllAsync());

    // All groups get another owner while this silo's commits are under way: its own are fenced, not acknowledged.
    [Fact]
    public Task Silo_that_stands_still_while_others_take_its_groups_acknowledges_nothing_of_its_own() => UnderLoadAsync(async (cluster, groups) =>
    {
        var still = cluster.Stores.Values.ToList();
        foreach (var store in still) store.Hold();
        await UntilAsync(() => still.Any(s => s.Waiting > 0));
        var other = new MemoryGroupStore(cluster.Disk);
        foreach (var group in groups) Assert.NotNull(await other.TakeOverAsync(group.Id, Stop));
        Assert.Equal(0, still.Sum(s => s.Fenced));
        foreach (var store in still) store.Release();
        await UntilAsync(() => still.Sum(s => s.Fenced) > 0);
    });

    [Fact]
    public Task Store_that_goes_and_comes_back_loses_and_doubles_nothing() => UnderLoadAsync(async (cluster, _) =>
    {
        foreach (var store in cluster.Stores.Values) store.Down = true;
        await UntilAsync(() => cluster.Stores.Values.Sum(s => s.Failures) > Groups);
        foreach (var store in cluster.Stores.Values) store.Down = false;
    });

    [Fact]
    public Task Slow_store_loses_and_doubles_nothing() => UnderLoadAsync((cluster, _) =>
    {
        foreach (var store in cluster.Stores.Values) store.CommitTakes = TimeSpan.FromMilliseconds(20);
        return Task.CompletedTask;
    });

    // It can't be told that the others took its groups: it goes on serving them, and the store refuses.
    [Fact]
    public Task Silo_cut_off_from_the_others_and_the_table_acknowledges_nothing_that_the_others_did() => UnderLoadAsync(async (cluster, groups) =>
    {
        var apart = cluster.Silos[^1];
        var ended = EndOf(apart);
        cluster.Network.TakeTable(apart.SiloAddress);
        cluster.Network.Isolate(apart.SiloAddress);
        await UntilAsync(() => SiloCluster.StatusOf(apart.SiloAddress, cluster.Silos[0]) == SiloStatus.Dead);
        await Task.WhenAll(groups.Select(g => g.AskFromAsync(0, Stop)));
        await UntilAsync(() => cluster.Stores[apart.Name].Fenced > 0);
        Assert.False(ended.IsCompleted, "It learned what became of it while it was cut off.");
        Assert.True(cluster.Network.Cut > 0 && cluster.Network.TableFailures > 0);
        cluster.Network.Heal();
        await ended.WaitAsync(Patience, TimeProvider.System, Stop);
        await cluster.ReplaceAsync(apart);
    });

    [Fact]
    public Task Silo_cut_off_from_the_others_alone_is_declared_dead_and_ends() => UnderLoadAsync(async (cluster, _) =>
    {
        var apart = cluster.Silos[^1];
        var ended = EndOf(apart);
        cluster.Network.Isolate(apart.SiloAddress);
        await ended.WaitAsync(Patience, TimeProvider.System, Stop);
        Assert.All(cluster.Silos.SkipLast(1), s => Assert.Equal(SiloStatus.Active, SiloCluster.StatusOf(s.SiloAddress, cluster.Silos[0])));
        cluster.Network.Heal();
        await cluster.ReplaceAsync(apart);
    });

    [Fact]
    public Task Silos_that_reach_each_other_serve_while_the_table_is_out_of_reach() => UnderLoadAsync(async (cluster, groups) =>
    {
        cluster.Network.TakeTable(cluster.Silos.Select(s => s.SiloAddress));
        var before = groups.Select(g => g.Acknowledged).ToList();
        await UntilAsync(() => cluster.Network.TableFailures > 3 * cluster.Silos.Count && groups.Zip(before).All(g => g.First.Acknowledged >= g.Second + Enough));
        Assert.All(cluster.Silos, s => Assert.Equal(SiloStatus.Active, SiloCluster.StatusOf(s.SiloAddress, cluster.Silos[0])));
        cluster.Network.Heal();
    });

    // Each for itself: who can't be reached is asked elsewhere, so several own a group at once, and the store lets one at a time write.
    [Fact]
    public Task Silos_that_all_lose_each_other_for_a_while_lose_and_double_nothing() => UnderLoadAsync(async (cluster, groups) =>
    {
        var silos = cluster.Silos.ToList();
        var before = cluster.Network.Cut;
        cluster.Network.Isolate(silos.Select(s => s.SiloAddress));
        await UntilAsync(() => cluster.Network.Cut > before + (10 * silos.Count));
        cluster.Network.Heal();
    });

    // When a silo's host has stopped: it does so by itself when it reads in the table that it is dead.
    private static Task EndOf(InProcessSiloHandle silo)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(ended.SetResult);
        return ended.Task;
    }

    private static async Task UnderLoadAsync(Func<SiloCluster, IReadOnlyList<GroupUnderTest>, Task> fault)
    {
        await using var cluster = await SiloCluster.StartAsync();
        var groups = Enumerable.Range(0, Groups).Select(i => new GroupUnderTest(cluster, i)).ToList();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        stop.CancelAfter(3 * Patience);
        using var enough = new CancellationTokenSource();
        foreach (var group in groups) await group.JoinAsync(stop.Token);
        using var readEnough = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var pushing = groups.Select(g => Task.Run(() => g.PushAsync(enough.Token, stop.Token))).ToList();
        var reading = groups.Select(g => Task.Run(() => g.ReadAsync(readEnough.Token))).ToList();
        await UntilAsync(() => groups.All(g => g.Acknowledged >= Enough));
        await fault(cluster, groups);
        var before = groups.Select(g => g.Acknowledged).ToList();
        await UntilAsync(() => groups.Zip(before).All(g => g.First.Acknowledged >= g.Second + Enough));
        await enough.CancelAsync();
        await Task.WhenAll(pushing);
        await UntilAsync(() => groups.All(g => g.IsRead));
        await readEnough.CancelAsync();
        await Task.WhenAll(reading);
        Assert.False(stop.IsCancellationRequested && !Stop.IsCancellationRequested, "The run took longer than its patience.");
        Assert.Empty(groups.SelectMany(g => g.Judge()));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(Patience);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, late.Token);
    }
}
