using System.Security.Cryptography;
using Orleans.Concurrency;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

public sealed class GroupGrainTests(RelayCluster relay) : IClassFixture<RelayCluster>
{
    [Fact]
    public async Task Group_id_alone_admits_no_stranger()
    {
        var group = relay.NewGroup();
        var member = await group.JoinAsync();
        var stranger = RandomNumberGenerator.GetBytes(32);
        Assert.Equal(ErrorCode.Unauthorized, (await group.HelloAsync(stranger, admissionKey: RandomNumberGenerator.GetBytes(32))).Code);

        // A gateway lets nobody call who has not said HELLO: an activation that does not know the caller takes itself for an old one, and refuses.
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.PushAsync(stranger, TestGroup.Item(1))).Code);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.PullAsync(stranger, 0)).Code);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.AckAsync(stranger, 0)).Code);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.DeleteAsync(stranger, new byte[16])).Code);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.RevokeAsync(stranger, member)).Code);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.Grain.DevicesAsync(group.As(stranger).AsImmutable())).Code);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.Grain.PresenceAsync(group.As(stranger).AsImmutable())).Code);
        Assert.Equal(1UL, await RetriedAsync(group, member, TestGroup.Item(1)));
    }

    [Fact]
    public async Task Unknown_group_is_named_only_to_who_has_its_key()
    {
        var group = relay.NewGroup();
        var device = RandomNumberGenerator.GetBytes(32);
        Assert.Equal(ErrorCode.UnknownGroup, (await group.HelloAsync(device, create: false)).Code);
        Assert.Equal(ErrorCode.Unauthorized, (await group.HelloAsync(device, create: true, matches: false)).Code);
        Assert.Equal(ErrorCode.None, (await group.HelloAsync(device)).Code);
    }

    [Fact]
    public async Task Concurrent_pushes_get_distinct_contiguous_cursors()
    {
        var group = relay.NewGroup();
        var devices = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => group.JoinAsync()));
        var cursors = await Task.WhenAll(devices.Select(async device =>
        {
            var mine = new List<ulong>();
            for (ulong sequence = 1; sequence <= 20; sequence++) mine.Add((await group.PushAsync(device, TestGroup.Item(sequence))).Results.Single().Cursor);
            return mine;
        }));
        Assert.Equal(Enumerable.Range(1, 160).Select(i => (ulong)i), cursors.SelectMany(c => c).Order());
        Assert.All(cursors, c => Assert.Equal(c.Order(), c));
    }

    [Fact]
    public async Task Push_that_is_not_durable_is_not_acknowledged_and_not_readable()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        relay.Store.Hold(group.Id);
        var push = group.PushAsync(a, TestGroup.Item(1));
        await UntilAsync(() => relay.Store.Waiting > 0);
        var before = await group.PullAsync(b, 0);
        Assert.Equal((0UL, 0), (before.Head, before.Blobs.Length));
        Assert.False(push.IsCompleted);
        relay.Store.Release(group.Id);
        Assert.Equal(1UL, (await push).Results.Single().Cursor);
        Assert.Single((await group.PullAsync(b, 0)).Blobs);
    }

    // Both are on the disk, and the store tells the second one first.
    [Fact]
    public async Task Head_waits_for_the_first_commit_and_never_goes_back_though_the_second_is_answered_before()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        relay.Store.HoldAnswers(group.Id);
        var first = group.PushAsync(a, TestGroup.Item(1));
        await UntilAsync(() => relay.Store.AnswersOf(group.Id) == 1);
        var second = group.PushAsync(b, TestGroup.Item(1));
        await UntilAsync(() => relay.Store.AnswersOf(group.Id) == 2);
        relay.Store.Answer(group.Id, 1);
        Assert.Equal((0UL, 0), await group.PullAsync(b, 0) is var none ? (none.Head, none.Blobs.Length) : default);
        Assert.False(second.IsCompleted, "A cursor is acknowledged before the one below it.");
        relay.Store.Answer(group.Id, 0);
        Assert.Equal([1UL, 2], new[] { await first, await second }.Select(r => r.Results.Single().Cursor));
        Assert.Equal(2UL, (await group.PullAsync(b, 0)).Head);
        await UntilAsync(() => relay.Notifier.Heads.Any(h => h.Group == group.Id && h.Head == 2));
        var told = relay.Notifier.Heads.Where(h => h.Group == group.Id).Select(h => h.Head).ToList();
        Assert.Equal(told.Order(), told);
    }

    [Fact]
    public async Task Failing_store_rejects_all_that_is_in_flight()
    {
        var group = relay.NewGroup();
        var devices = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => group.JoinAsync()));
        var items = devices.Select(_ => TestGroup.Item(1)).ToArray();
        relay.Store.Hold(group.Id);
        var pushes = devices.Select((d, i) => group.PushAsync(d, items[i])).ToList();
        await UntilAsync(() => relay.Store.Waiting == 5);
        relay.Store.Release(group.Id, failing: true);
        foreach (var reply in await Task.WhenAll(pushes))
        {
            Assert.Equal(ErrorCode.StoreUnavailable, reply.Code);
            Assert.Empty(reply.Results);
            Assert.True(reply.RetryAfterMs > 0);
        }

        relay.Store.Fail(group.Id, false);
        var again = await Task.WhenAll(devices.Select((d, i) => RetriedAsync(group, d, items[i])));
        Assert.Equal([1UL, 2, 3, 4, 5], again.Order().ToArray());
    }

    [Fact]
    public async Task Zombie_is_fenced_and_the_push_succeeds_when_repeated()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        Assert.Equal(ErrorCode.None, (await group.PushAsync(a, TestGroup.Item(1))).Code);

        await TakeOverAndAppendAsync(group, b);

        var item = TestGroup.Item(2);
        var refused = await group.PushAsync(a, item);
        Assert.Equal(ErrorCode.RelayOverloaded, refused.Code);
        Assert.True(refused.RetryAfterMs > 0);
        Assert.Equal(3UL, await RetriedAsync(group, a, item));
        Assert.Equal([1UL, 2, 3], (await group.PullAsync(b, 0)).Blobs.Select(p => p.Cursor));
    }

    // A frozen relay that comes back must not tell a client that the log was set back.
    [Fact]
    public async Task Zombie_tells_no_old_head()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        await TakeOverAndAppendAsync(group, b);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.HelloAsync(a)).Code);
        Assert.Equal(1UL, (await UntilAsync(() => group.HelloAsync(a), r => r.Code == ErrorCode.None)).Head);
    }

    [Fact]
    public async Task Zombie_shows_no_page_to_who_has_read_further()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        await TakeOverAndAppendAsync(group, b);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.PullAsync(a, 1)).Code);
        Assert.Equal((2UL, 1UL, 1UL), await UntilAsync(() => group.PullAsync(a, 1), r => r.Code == ErrorCode.None) is var page ? (page.Start, page.Through, page.Head) : default);
    }

    [Fact]
    public async Task Zombie_refuses_for_a_while_only_who_joined_elsewhere()
    {
        var group = relay.NewGroup();
        await group.JoinAsync();
        var late = RandomNumberGenerator.GetBytes(32);
        var other = new MemoryGroupStore(relay.Disk);
        var snapshot = (await other.TakeOverAsync(group.Id, CancellationToken.None))!;
        var row = new DeviceRow(new DeviceId(late), [], 1, 1, Cursor.Zero, 0, 0, null, false);
        Assert.True(await other.CommitAsync(new GroupCommit(group.Id, snapshot.Epoch, Cursor.Zero, snapshot.Row, [], [row], []), CancellationToken.None));

        Assert.Equal(ErrorCode.RelayOverloaded, (await group.PushAsync(late, TestGroup.Item(1))).Code);
        Assert.Equal(1UL, await RetriedAsync(group, late, TestGroup.Item(1)));
    }

    [Fact]
    public async Task Retried_push_gets_its_first_acknowledgement_again_also_while_in_flight()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        var item = TestGroup.Item(1);
        relay.Store.Hold(group.Id);
        var first = group.PushAsync(a, item);
        await UntilAsync(() => relay.Store.Waiting > 0);
        var second = group.PushAsync(a, item);
        Assert.Equal(0UL, (await group.PullAsync(b, 0)).Head);
        Assert.False(second.IsCompleted);
        relay.Store.Release(group.Id);
        PushItemResult[] again = [(await first).Results[0] with { IsRepeat = true }];
        Assert.Equal(again, (await second).Results);
        Assert.Equal(again, (await group.PushAsync(a, item)).Results);
        Assert.Single((await group.PullAsync(b, 0)).Blobs);
    }

    [Fact]
    public async Task Blob_larger_than_the_readers_page_still_progresses()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        await group.PushAsync(a, TestGroup.Item(1, 500_000), TestGroup.Item(2, 10), TestGroup.Item(3, 500_000));
        var after = 0UL;
        var sizes = new List<int>();
        for (var page = 0; page < 3; page++)
        {
            var reply = await group.PullAsync(b, after, maxBytes: 1);
            Assert.True(reply.Through > after);
            sizes.AddRange(reply.Blobs.Select(p => p.Envelope.Length));
            after = reply.Through;
        }

        Assert.Equal([500_000, 10, 500_000], sizes);
    }

    [Fact]
    public async Task Burst_is_told_to_the_gateway_and_not_to_the_one_sender()
    {
        var group = relay.NewGroup();
        var a = await group.JoinAsync();
        await group.PushAsync(a, TestGroup.Item(1), TestGroup.Item(2), TestGroup.Item(3));
        await UntilAsync(() => relay.Notifier.Heads.Any(h => h.Group == group.Id));
        var told = Assert.Single(relay.Notifier.Heads, h => h.Group == group.Id);
        Assert.Equal(3UL, told.Head);
        Assert.Equal(a, told.Except);
    }

    [Fact]
    public async Task Revoked_device_is_refused_on_every_call()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        Assert.Equal(ErrorCode.None, (await group.RevokeAsync(a, b)).Code);
        Assert.Contains(relay.Notifier.Blocked, r => r.Group == group.Id && r.Device.SequenceEqual(b));
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.HelloAsync(b)).Code);
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.PushAsync(b, TestGroup.Item(1))).Code);
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.PullAsync(b, 0)).Code);
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.AckAsync(b, 0)).Code);
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.DeleteAsync(b, new byte[16])).Code);
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.RevokeAsync(b, a)).Code);
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.Grain.DevicesAsync(group.As(b).AsImmutable())).Code);
        Assert.Equal(ErrorCode.DeviceRevoked, (await group.Grain.PresenceAsync(group.As(b).AsImmutable())).Code);
    }

    [Fact]
    public async Task Blob_is_deleted_by_its_owner_only()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        var item = TestGroup.Item(1);
        await group.PushAsync(a, item, TestGroup.Item(2));
        Assert.Equal(ErrorCode.NotBlobOwner, (await group.DeleteAsync(b, item.Id)).Code);
        Assert.Equal(2, (await group.PullAsync(b, 0)).Blobs.Length);
        Assert.Equal(ErrorCode.InvalidMessage, (await group.DeleteAsync(a, [1, 2, 3])).Code);
        Assert.Equal(ErrorCode.None, (await group.DeleteAsync(a, item.Id)).Code);
        Assert.Equal([2UL], (await group.PullAsync(b, 0)).Blobs.Select(p => p.Cursor));
    }

    // The sum over the rows would need them: the bodies in the store, or a new look at the group.
    [Fact]
    public async Task Quota_is_a_running_sum_and_no_push_reads_the_store()
    {
        var group = relay.NewGroup();
        var a = await group.JoinAsync();
        var (bodies, groups) = (relay.Store.BodyReads, relay.Store.TakeOvers);
        for (ulong sequence = 1; sequence <= 100; sequence++) Assert.Equal(sequence, (await group.PushAsync(a, TestGroup.Item(sequence))).Results.Single().Cursor);
        Assert.Equal((bodies, groups), (relay.Store.BodyReads, relay.Store.TakeOvers));
    }

    [Fact]
    public async Task Acknowledgements_reach_the_store_though_nobody_waits()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        await group.PushAsync(a, TestGroup.Item(1), TestGroup.Item(2));
        Assert.Equal(ErrorCode.InvalidMessage, (await group.AckAsync(b, 3)).Code);
        Assert.Equal(ErrorCode.None, (await group.AckAsync(b, 2)).Code);
        var store = new MemoryGroupStore(relay.Disk);
        await UntilAsync(() => Task.Run(async () => await store.ReadBodiesAsync(group.Id, [new Cursor(1), new Cursor(2)], CancellationToken.None)).Result.Count == 0);
        var page = await group.PullAsync(b, 0);
        Assert.Equal((3UL, 2UL, 2UL), (page.Start, page.Through, page.Head));
    }

    [Fact]
    public async Task Live_pull_does_not_read_the_store()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        var item = TestGroup.Item(1, 1000);
        await group.PushAsync(a, item);
        var reads = relay.Store.BodyReads;
        Assert.Equal(item.Envelope, (await group.PullAsync(b, 0)).Blobs.Single().Envelope);
        Assert.Equal(reads, relay.Store.BodyReads);
    }

    private static async Task<ulong> RetriedAsync(TestGroup group, byte[] device, ZeroK.GrainContracts.PushItem item)
    {
        while (true)
        {
            var reply = await group.PushAsync(device, item);
            if (reply.Code == ErrorCode.None) return reply.Results.Single().Cursor;
            Assert.Contains(reply.Code, new[] { ErrorCode.StoreUnavailable, ErrorCode.RelayOverloaded });
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    // Another activation takes the group over and appends one blob of a device.
    private async Task TakeOverAndAppendAsync(TestGroup group, byte[] device)
    {
        var other = new MemoryGroupStore(relay.Disk);
        var snapshot = (await other.TakeOverAsync(group.Id, CancellationToken.None))!;
        var next = snapshot.Row.LastCursor.Next;
        var theirs = new Append(next, new DeviceId(device), 1, BlobId.New(), 1, new byte[] { 1 });
        Assert.True(await other.CommitAsync(new GroupCommit(group.Id, snapshot.Epoch, snapshot.Row.LastCursor, snapshot.Row with { LastCursor = next }, [theirs], [], []), CancellationToken.None));
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isIt)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var answer = await ask();
            if (isIt(answer)) return answer;
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, limit.Token);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, limit.Token);
    }
}
