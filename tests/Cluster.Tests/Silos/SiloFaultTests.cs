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
