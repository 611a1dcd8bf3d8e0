using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Relay.Tests.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>The sweeper on a clock that the test moves, over the in-memory store.</summary>
public sealed class GroupSweeperTests(RelayCluster relay) : IClassFixture<RelayCluster>
{
    private static readonly GroupOptions Defaults = new();
    private readonly MemoryGroupStore _store = new();
    private readonly WatchedTime _time = new(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(100));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Group_is_told_at_the_sweep_after_its_time_is_over_and_not_before()
    {
        var grains = GrainsTold.Create();
        var group = await KeptSinceAsync(_time.GetUtcNow());
        await using var sweeper = await SweepAsync(_store, grains);
        _time.Advance(Defaults.TimeToLive);
        await sweeper.SweptAsync();
        Assert.Empty(GrainsTold.Of(grains));
        _time.Advance(Defaults.SweepInterval);
        await UntilAsync(() => !GrainsTold.Of(grains).IsEmpty);
        Assert.All(GrainsTold.Of(grains), told => Assert.Equal(group, told));
    }

    [Fact]
    public async Task Failing_store_does_not_end_the_sweeper()
    {
        var grains = GrainsTold.Create();
        await KeptSinceAsync(_time.GetUtcNow() - Defaults.TimeToLive - TimeSpan.FromDays(1));
        var store = new CountingStore(_store) { FailsFirst = 2 };
        await using var sweeper = await SweepAsync(store, grains);
        for (var sweep = 1; sweep <= 3; sweep++)
        {
            _time.Advance(Defaults.SweepInterval);
            await UntilAsync(() => store.Looks == sweep);
            if (sweep < 3) await sweeper.SweptAsync();
        }

        await UntilAsync(() => !GrainsTold.Of(grains).IsEmpty);
    }

    // Nobody calls this group any more: no device, no activation. Its blobs go all the same.
    [Fact]
    public async Task Blobs_of_an_inactive_group_expire()
    {
        var store = new MemoryGroupStore(relay.Disk);
        var group = Guid.NewGuid();
        var lately = Commits.Device(Commits.Sender) with { LastSeenMs = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() };
        Assert.True(await store.CommitAsync(Commits.Create(group) with { Devices = [lately] }, Stop));
        Assert.True(await store.CommitAsync(Commits.Append(group, 1, 0, "a", "b"), Stop));
        _time.SetUtcNow(TimeProvider.System.GetUtcNow());
        Assert.Contains(group, await store.FindExpiredAsync((ulong)_time.GetUtcNow().ToUnixTimeMilliseconds(), int.MaxValue, Stop));

        await using var sweeper = await SweepAsync(store, relay.Grains);
        _time.Advance(Defaults.SweepInterval);
        await UntilAsync(() => store.FindExpiredAsync(2000, int.MaxValue, Stop).AsTask().Result.Count == 0);
        var left = (await store.TakeOverAsync(group, Stop))!;
        Assert.Empty(left.Entries);
        Assert.Equal((2UL, 3UL, 2UL), (left.Row.LastCursor.Value, left.Row.HistoryStart.Value, left.Row.ExpiredThrough.Value));
    }

    [Fact]
    public async Task Group_that_nobody_uses_goes_with_its_row_and_one_that_is_used_stays()
    {
        var store = new MemoryGroupStore(relay.Disk);
        var (dead, used) = (Guid.NewGuid(), Guid.NewGuid());
        var nowMs = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (group, seenMs) in ((Guid, ulong)[])[(dead, nowMs - (ulong)Defaults.EmptyGroupKeep.TotalMilliseconds - 1000), (used, nowMs - 1000)])
            Assert.True(await store.CommitAsync(Commits.Create(group) with { Devices = [Commits.Device(Commits.Sender) with { LastSeenMs = seenMs }] }, Stop));
        _time.SetUtcNow(TimeProvider.System.GetUtcNow());
        await using var sweeper = await SweepAsync(store, relay.Grains);
        _time.Advance(Defaults.SweepInterval);
        
        // Not by taking over: that would fence whoever ends it.
        await UntilAsync(() => !store.FindUnusedAsync(ulong.MaxValue, int.MaxValue, Stop).AsTask().Result.Contains(dead));
        Assert.Null(await store.TakeOverAsync(dead, Stop));
        Assert.NotNull(await store.TakeOverAsync(used, Stop));
    }

    private async Task<Guid> KeptSinceAsync(DateTimeOffset received)
    {
        var group = Guid.NewGuid();
        Assert.True(await _store.CommitAsync(Commits.Create(group), Stop));
        var commit = Commits.Append(group, 1, 0, "a");
        Assert.True(await _store.CommitAsync(commit with { Row = commit.Row with { KeptUntilMs = long.MaxValue }, Appends = [commit.Appends[0] with { ReceivedAtMs = (ulong)received.ToUnixTimeMilliseconds() }] }, Stop));
        return group;
    }

    private async Task<Running> SweepAsync(IGroupStore store, IGrainFactory grains)
    {
        var counting = store as CountingStore ?? new CountingStore(store);
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(_time).AddSingleton<IGroupStore>(counting).AddSingleton(grains).AddSingleton(new GroupKey(new byte[GroupKey.SecretBytes])).AddGroups();
        var provider = services.BuildServiceProvider();
        var sweeper = Assert.Single(provider.GetServices<IHostedService>());
        await sweeper.StartAsync(Stop);
        await _time.TimerMade;
        return new Running(provider, sweeper, counting);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, limit.Token);
    }

    /// <summary>A clock that tells when somebody waits for it: the sweeper starts on a thread of its own.</summary>
    private sealed class WatchedTime(DateTimeOffset start) : FakeTimeProvider(start)
    {
        private readonly TaskCompletionSource _made = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task TimerMade => _made.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _made.TrySetResult();
            return timer;
        }
    }

    private sealed class Running(ServiceProvider provider, IHostedService sweeper, CountingStore store) : IAsyncDisposable
    {
        /// <summary>The look at the store that is under way, or the last one, is over.</summary>
        public Task SweptAsync() => UntilAsync(() => store.Looks > 0 && store.Looks == store.Answers);

        public async ValueTask DisposeAsync()
        {
            await sweeper.StopAsync(CancellationToken.None);
            await provider.DisposeAsync();
        }
    }

    /// <summary>Counts the sweeper's looks, and fails the first ones when told to.</summary>
    private sealed class CountingStore(IGroupStore inner) : IGroupStore
    {
        private int _looks;
        private int _answers;

        public int FailsFirst { get; init; }
        public int Looks => Volatile.Read(ref _looks);
        public int Answers => Volatile.Read(ref _answers);

        public async ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken)
        {
            var look = Interlocked.Increment(ref _looks);
            try
            {
                return look > FailsFirst ? await inner.FindExpiredAsync(olderThanMs, most, cancellationToken) : throw new StoreException("The test's store fails. Let it.");
            }
            finally
            {
                Interlocked.Increment(ref _answers);
            }
        }

        public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => inner.GetRelaySecretAsync(cancellationToken);

        public ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) => inner.FindUnusedAsync(keptUntilBeforeMs, most, cancellationToken);

        public ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken) => inner.EndAsync(group, epoch, lastCursor, cancellationToken);

        public ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

        public ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken) => inner.ReadNoteAsync(key, cancellationToken);

        public ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken) => inner.WriteNoteAsync(key, value, cancellationToken);

        public ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken) => inner.TakeOverAsync(group, cancellationToken);

        public ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken) => inner.CommitAsync(commit, cancellationToken);

        public ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken) => inner.ReadBodiesAsync(group, cursors, cancellationToken);
    }
}

/// <summary>A grain factory whose groups write down that they were told to expire.</summary>
public class GrainsTold : DispatchProxy
{
    private readonly ConcurrentQueue<Guid> _told = new();

    public static IGrainFactory Create() => DispatchProxy.Create<IGrainFactory, GrainsTold>();

    public static ConcurrentQueue<Guid> Of(IGrainFactory grains) => ((GrainsTold)(object)grains)._told;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod?.Name != nameof(IGrainFactory.GetGrain) || args is not [Guid group, ..]) throw new NotSupportedException($"A sweeper doesn't need {targetMethod?.Name}.");
        var grain = DispatchProxy.Create<IGroupGrain, GroupTold>();
        ((GroupTold)(object)grain).Expire = () => _told.Enqueue(group);
        return grain;
    }

    public class GroupTold : DispatchProxy
    {
        public Action Expire { get; set; } = () => { };

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod?.Name != nameof(IGroupGrain.ExpireAsync)) throw new NotSupportedException($"A sweeper doesn't call {targetMethod?.Name}.");
            Expire();
            return Task.CompletedTask;
        }
    }
}
