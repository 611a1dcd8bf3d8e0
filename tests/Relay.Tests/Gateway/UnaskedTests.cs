using Xunit;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

public sealed class UnaskedTests
{
    [Fact]
    public async Task Notify_reaches_the_groups_sessions_but_the_device_that_pushed()
    {
        await using var rig = await GatewayRig.StartAsync();
        var (pusher, other) = (await rig.JoinAsync(), await rig.JoinAsync());
        rig.Sessions.Notify(rig.GroupPseudonym, 5, pusher.Device.ToArray());
        Assert.Equal(new Notify(new Cursor(5)), (await other.NextAsync()).Message);
        pusher.FromClient(1, new ListDevices());
        Assert.IsType<Devices>((await pusher.NextAsync()).Message);
    }

    [Fact]
    public async Task Notifies_for_a_slow_reader_are_merged_into_the_latest()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = await rig.JoinAsync();
        channel.Stall();
        for (ulong head = 1; head <= 10_000; head++) rig.Sessions.Notify(rig.GroupPseudonym, head, []);
        await GatewayRig.Until(() => channel.SendsWaiting == 1);
        channel.Resume();
        var heads = new List<ulong>();
        while (heads.LastOrDefault() != 10_000) heads.Add(Assert.IsType<Notify>((await channel.NextAsync()).Message).Head.Value);
        Assert.True(heads.Count <= 2, $"{heads.Count} NOTIFY frames");
    }

    [Fact]
    public async Task Head_that_moves_while_hello_is_judged_is_told_after_welcome()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Group.OnHello = _ =>
        {
            rig.Sessions.Notify(rig.GroupPseudonym, 4, []);
            return Task.FromResult(FakeGroup.Welcome(ErrorCode.None, head: 3));
        };
        var channel = rig.Open();
        channel.FromClient(1, rig.HelloFor(channel));
        Assert.Equal(new Cursor(3), Assert.IsType<Welcome>((await channel.NextAsync()).Message).Head);
        Assert.Equal(new Notify(new Cursor(4)), (await channel.NextAsync()).Message);
    }

    [Fact]
    public async Task Blocked_device_is_sent_away_and_the_others_are_told()
    {
        await using var rig = await GatewayRig.StartAsync();
        var (blocked, other) = (await rig.JoinAsync(), await rig.JoinAsync());
        rig.Sessions.Revoked(rig.GroupPseudonym, blocked.Device.ToArray());
        Assert.Equal(ErrorCode.DeviceRevoked, Assert.IsType<Bye>((await blocked.NextAsync()).Message).Code);
        Assert.IsType<DeviceRevoked>((await other.NextAsync()).Message);
    }

    [Fact]
    public async Task Slow_reader_holds_no_more_than_its_window()
    {
        await using var rig = await GatewayRig.StartAsync(new() { SessionRequestsMax = 8 });
        var channel = await rig.JoinAsync();
        channel.Stall();
        for (uint i = 1; i <= 1000; i++) channel.FromClient(i, new ListDevices());
        await GatewayRig.Until(() => channel.SendsWaiting == 8);
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.Equal(9, channel.Received);
        channel.Resume();
    }

    [Fact]
    public async Task Device_that_leaves_is_reported_to_its_group()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = await rig.JoinAsync();
        channel.ClientCloses();
        await GatewayRig.Until(() => rig.Group.Leaves.Count == 1);
        Assert.Equal(0, rig.Gateway.Sessions);
    }

    [Fact]
    public async Task Shutting_down_says_bye_and_still_answers_the_push_under_way()
    {
        await using var rig = await GatewayRig.StartAsync();
        var gate = new TaskCompletionSource();
        rig.Group.OnPush = async r =>
        {
            await gate.Task;
            return FakeGroup.Accepted(r);
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(6, GatewayRig.PushOf((1, 1)));
        await GatewayRig.Until(() => rig.Group.Pushes.Count == 1);
        var draining = rig.Gateway.DrainAsync();
        var bye = Assert.IsType<Bye>((await channel.NextAsync()).Message);
        Assert.Equal(ErrorCode.RelayShuttingDown, bye.Code);
        Assert.True(bye.RetryAfterMs > 0);
        Assert.False(draining.IsCompleted);
        gate.SetResult();
        var (id, reply) = await channel.NextAsync();
        Assert.Equal(6u, id);
        Assert.IsType<PushAck>(reply);
        await GatewayRig.Until(() => channel.IsCompleted);
        channel.ClientCloses();
        await draining.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Shutting_down_ends_in_bounded_time_though_nobody_answers()
    {
        await using var rig = await GatewayRig.StartAsync(new() { ShutdownSeconds = 5 });
        var late = new TaskCompletionSource<GrainContracts.PushReply>();
        rig.Group.OnPush = _ => late.Task;
        var channel = await rig.JoinAsync();
        channel.FromClient(6, GatewayRig.PushOf((1, 1)));
        await GatewayRig.Until(() => rig.Group.Pushes.Count == 1);
        var draining = rig.Gateway.DrainAsync();
        Assert.IsType<Bye>((await channel.NextAsync()).Message);
        rig.Time.Advance(TimeSpan.FromSeconds(5.1));
        await draining.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(channel.IsDisposed);
        late.SetResult(FakeGroup.Accepted(rig.Group.Pushes.Single()));
    }
}
