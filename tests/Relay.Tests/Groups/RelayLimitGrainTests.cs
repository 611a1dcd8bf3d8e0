using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>The relay's limits as devices meet them: a typed refusal with a time to come back, and nothing lost.</summary>
public sealed class RelayLimitGrainTests(RelayCluster relay) : IClassFixture<RelayCluster>
{
    private static readonly GroupOptions Limits = new();

    private RelayRoom Room => relay.Services.GetRequiredService<RelayRoom>();

    [Fact]
    public async Task Full_relay_makes_no_group_and_serves_those_it_has()
    {
        var group = relay.NewGroup();
        var member = await group.JoinAsync();
        Room.Measured(new StoreUsage(Limits.GroupsMax, 0));
        var refused = await relay.NewGroup().HelloAsync(RandomNumberGenerator.GetBytes(32));
        Assert.Equal((ErrorCode.TooManyGroups, true), (refused.Code, refused.RetryAfterMs > 0));
        Assert.Equal(ErrorCode.None, (await group.PushAsync(member, TestGroup.Item(1))).Results.Single().Code);
        Room.Measured(default);
        await relay.NewGroup().JoinAsync();
    }

    [Fact]
    public async Task Full_disk_refuses_new_blobs_answers_repeated_ones_and_goes_on_when_there_is_room()
    {
        var group = relay.NewGroup();
        var member = await group.JoinAsync();
        var first = TestGroup.Item(1);
        Assert.Equal(1UL, (await group.PushAsync(member, first)).Results.Single().Cursor);
        Room.Measured(new StoreUsage(1, Limits.StoreBytesMax));
        var second = TestGroup.Item(2);
        var results = (await group.PushAsync(member, first, second)).Results;
        Assert.Equal([(ErrorCode.None, 1UL), (ErrorCode.StorageFull, 0UL)], results.Select(r => (r.Code, r.Cursor)));
        Assert.True(results[1].RetryAfterMs > 0);
        Room.Measured(default);
        Assert.Equal(2UL, (await group.PushAsync(member, second)).Results.Single().Cursor);
    }

    [Fact]
    public async Task Group_leaves_memory_with_its_last_device_when_memory_is_short()
    {
        using var others = Room.Take();
        others.Load(new GroupUse(0, Limits.ActiveEntriesMax / 2, 0));
        var group = relay.NewGroup();
        var member = await group.JoinAsync();
        var takeOvers = relay.Store.TakeOvers;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (relay.Store.TakeOvers == takeOvers)
        {
            await group.Grain.LeaveAsync(group.As(member).AsImmutable());
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
            await group.HelloAsync(member);
        }
    }

    [Fact]
    public async Task Group_that_takes_too_much_of_what_is_left_waits_on_the_disk()
    {
        var store = new MemoryGroupStore(relay.Disk);
        var group = relay.NewGroup();
        var member = await group.JoinAsync();
        for (var push = 0; push < 2; push++) await group.PushAsync(member, [.. Enumerable.Range(1, 256).Select(i => TestGroup.Item((ulong)(push * 256 + i), 1))]);
        await store.TakeOverAsync(group.Id, CancellationToken.None);
        var others = Room.Take();
        others.Load(new GroupUse(0, Limits.ActiveEntriesMax - 20_000, 0));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        HelloReply reply;
        do
        {
            reply = await group.HelloAsync(member);
            Assert.Equal((ErrorCode.RelayOverloaded, true), (reply.Code, reply.RetryAfterMs > 0));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        }
        while (Room.Entries >= Limits.ActiveEntriesMax - 20_000 + 512);

        others.Dispose();
        while ((reply = await group.HelloAsync(member)).Code != ErrorCode.None) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        Assert.Equal(512UL, reply.Head);
    }

    [Fact]
    public async Task Memory_that_a_group_counts_is_given_back_when_it_leaves()
    {
        var group = relay.NewGroup();
        var member = await group.JoinAsync();
        await group.PushAsync(member, TestGroup.Item(1), TestGroup.Item(2));
        Assert.True(Room.Entries >= 2);
        await new MemoryGroupStore(relay.Disk).TakeOverAsync(group.Id, CancellationToken.None);
        var held = Room.Entries;

        // Fenced: the activation goes, and the next one counts what it loads, once.
        await group.PushAsync(member, TestGroup.Item(3));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await group.HelloAsync(member)).Code != ErrorCode.None) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        while (Room.Entries > held) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }
}
