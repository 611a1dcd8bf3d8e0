using Orleans.Runtime;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>Large bodies of pushes: to their store first, by name to the group, and gone again when the group refused them.</summary>
public sealed class LargePushTests
{
    private const int Large = 100_000;
    private readonly FakeBodies _bodies = new();

    [Fact]
    public async Task Large_body_is_in_its_store_before_the_group_hears_of_it_and_small_ones_go_inline()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        rig.Group.OnPush = r =>
        {
            Assert.All(r.Blobs.Where(b => b.Body is not null), b => Assert.True(_bodies.Kept.ContainsKey(b.Body!.Name)));
            return Task.FromResult(FakeGroup.Accepted(r));
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, FakeBodies.InlineBytesMax), (2, Large), (3, FakeBodies.InlineBytesMax + 1)));
        Assert.All(Assert.IsType<PushAck>((await channel.NextAsync()).Message).Results, r => Assert.Equal(ErrorCode.None, r.Code));
        var blobs = Assert.Single(rig.Group.Pushes).Blobs;
        Assert.Equal([FakeBodies.InlineBytesMax, null, null], blobs.Select(b => b.Envelope?.Length));
        Assert.Equal([null, Large, FakeBodies.InlineBytesMax + 1], blobs.Select(b => b.Body?.Bytes));
        Assert.All(blobs.Skip(1), b => Assert.Equal((ulong)rig.Time.GetUtcNow().ToUnixTimeMilliseconds(), b.Body!.PutAtMs));
        Assert.Equal(2, _bodies.Kept.Count);
    }

    [Fact]
    public async Task What_follows_a_large_body_waits_for_it_in_order_and_other_sessions_do_not()
    {
        var open = new TaskCompletionSource();
        _bodies.OnPut = (_, stop) => open.Task.WaitAsync(stop);
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        var (slow, other) = (await rig.JoinAsync(), await rig.JoinAsync());
        slow.FromClient(1, GatewayRig.PushOf((1, 10)));
        slow.FromClient(2, GatewayRig.PushOf((2, Large)));
        slow.FromClient(3, GatewayRig.PushOf((3, 10)));
        Assert.Equal(1u, (await slow.NextAsync()).RequestId);
        other.FromClient(4, GatewayRig.PushOf((1, 10)));
        Assert.IsType<PushAck>((await other.NextAsync()).Message);
        await GatewayRig.Until(() => _bodies.Puts == 1 && slow.Received == 4);
        Assert.Equal([1UL, 1UL], rig.Group.Pushes.SelectMany(p => p.Blobs).Select(b => b.Sequence));
        open.SetResult();
        Assert.Equal(2u, (await slow.NextAsync()).RequestId);
        Assert.Equal(3u, (await slow.NextAsync()).RequestId);
        Assert.Equal([1UL, 1, 2, 3], rig.Group.Pushes.SelectMany(p => p.Blobs).Select(b => b.Sequence));
    }

    [Fact]
    public async Task Store_that_fails_refuses_the_push_for_now_and_the_group_hears_nothing_of_it()
    {
        _bodies.OnPut = (_, _) => throw new BodyStoreException("Broken by the test.");
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, 10), (2, Large)));
        var error = Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message);
        Assert.Equal((ErrorCode.StoreUnavailable, true), (error.Code, error.RetryAfterMs > 0));
        Assert.Empty(rig.Group.Pushes);
        _bodies.OnPut = (_, _) => Task.CompletedTask;
        channel.FromClient(6, GatewayRig.PushOf((1, 10), (2, Large)));
        Assert.IsType<PushAck>((await channel.NextAsync()).Message);
    }

    [Fact]
    public async Task Store_that_does_not_answer_is_given_up_when_the_time_of_a_request_is_over()
    {
        _bodies.OnPut = (_, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        await using var rig = await GatewayRig.StartAsync(new() { CallSeconds = 7 }, _bodies.Where);
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, Large)));
        await GatewayRig.Until(() => _bodies.Puts == 1);
        Assert.False(channel.TryNext(out _));
        rig.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message).Code);
    }

    [Fact]
    public async Task Store_at_a_halt_takes_half_of_what_may_be_under_way_and_leaves_the_rest_to_small_pushes()
    {
        var open = new TaskCompletionSource();
        _bodies.OnPut = (_, stop) => open.Task.WaitAsync(stop);
        await using var rig = await GatewayRig.StartAsync(new() { BytesMax = 1 << 20 }, _bodies.Where);
        var (a, b) = (await rig.JoinAsync(), await rig.JoinAsync());
        a.FromClient(1, GatewayRig.PushOf((1, 400_000)));
        await GatewayRig.Until(() => _bodies.Puts == 1);
        b.FromClient(2, GatewayRig.PushOf((1, 400_000)));
        Assert.Equal(ErrorCode.RelayOverloaded, Assert.IsType<ErrorMessage>((await b.NextAsync()).Message).Code);
        b.FromClient(3, GatewayRig.PushOf((1, 900)));
        Assert.IsType<PushAck>((await b.NextAsync()).Message);
        open.SetResult();
        Assert.IsType<PushAck>((await a.NextAsync()).Message);
        b.FromClient(4, GatewayRig.PushOf((2, 400_000)));
        Assert.IsType<PushAck>((await b.NextAsync()).Message);
    }

    [Fact]
    public async Task Body_of_a_blob_that_was_refused_or_was_there_before_is_dropped_at_once()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        rig.Group.OnPush = r => Task.FromResult(new PushReply(ErrorCode.None, 0,
            [new(ErrorCode.None, 1, 1, 0, IsRepeat: true), new(ErrorCode.None, 2, 1, 0), new(ErrorCode.GroupQuotaExceeded, 0, 0, 100), new(ErrorCode.OutOfOrder, 0, 0, 0)], true));
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, Large), (2, Large), (3, Large), (4, Large)));
        Assert.IsType<PushAck>((await channel.NextAsync()).Message);
        Assert.Equal([Assert.Single(rig.Group.Pushes).Blobs[1].Body!.Name], _bodies.Kept.Keys);
    }

    [Theory]
    [InlineData(ErrorCode.DeviceRevoked, false)]
    [InlineData(ErrorCode.InvalidMessage, false)]
    [InlineData(ErrorCode.RelayOverloaded, true)]
    [InlineData(ErrorCode.StoreUnavailable, true)]
    [InlineData(ErrorCode.Internal, true)]
    public async Task Body_stays_where_the_outcome_is_unknown(ErrorCode reply, bool stays)
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        rig.Group.OnPush = _ => Task.FromResult(new PushReply(reply, 0, [], true));
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, Large)));
        Assert.Equal(reply, Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message).Code);
        Assert.Equal(stays, _bodies.Kept.Count == 1);
    }

    [Fact]
    public async Task Call_that_is_made_again_has_the_same_name_and_its_refusal_leaves_the_body()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        rig.Group.OnPush = r => rig.Group.Pushes.Count == 1
            ? throw new SiloUnavailableException("The test's silo is gone.")
            : Task.FromResult(new PushReply(ErrorCode.None, 0, [new(ErrorCode.GroupQuotaExceeded, 0, 0, 100)], true));
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, Large)));
        Assert.IsType<PushAck>((await channel.NextAsync()).Message);
        Assert.Equal(2, rig.Group.Pushes.Count);
        Assert.Equal(Assert.Single(rig.Group.Pushes.Select(p => p.Blobs[0].Body!.Name).Distinct()), Assert.Single(_bodies.Kept.Keys));
    }

    [Fact]
    public async Task Older_relay_that_knows_no_names_gets_the_bytes()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        rig.Group.OnPush = r =>
        {
            var refused = false;
            return Task.FromResult(new PushReply(ErrorCode.None, 0, [.. r.Blobs.Select(b =>
            {
                if (refused) return new PushItemResult(ErrorCode.OutOfOrder, 0, 0, 0);
                refused = b.Envelope is null;
                return refused ? new PushItemResult(ErrorCode.InvalidMessage, 0, 0, 0) : new PushItemResult(ErrorCode.None, b.Sequence, 1, 0);
            })]));
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, 10), (2, Large), (3, 10)));
        var results = Assert.IsType<PushAck>((await channel.NextAsync()).Message).Results;
        Assert.Equal([1UL, 2, 3], results.Select(r => r.Cursor.Value));
        Assert.Equal([10, Large, 10], rig.Group.Pushes.Last().Blobs.Select(b => b.Envelope?.Length));
        Assert.Empty(_bodies.Kept);
    }

    [Fact]
    public async Task Push_above_the_devices_rate_never_reaches_the_store()
    {
        await using var rig = await GatewayRig.StartAsync(new() { MessagesPerDevicePerSecond = 1, BurstSeconds = 3 }, _bodies.Where);
        var channel = await rig.JoinAsync();
        for (uint i = 1; i <= 6; i++) channel.FromClient(i, GatewayRig.PushOf((i, Large)));
        var acknowledged = 0;
        for (var i = 0; i < 6; i++) acknowledged += (await channel.NextAsync()).Message is PushAck ? 1 : 0;
        Assert.InRange(acknowledged, 1, 3);
        Assert.Equal(acknowledged, _bodies.Puts);
    }
}
