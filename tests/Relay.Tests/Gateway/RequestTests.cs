using Orleans.Runtime;
using Xunit;
using ZeroK.Channel;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

public sealed class RequestTests
{
    [Fact]
    public async Task Pushes_that_wait_go_together_in_order_and_each_gets_its_reply()
    {
        await using var rig = await GatewayRig.StartAsync();
        var first = new TaskCompletionSource();
        rig.Group.OnPush = async r =>
        {
            await first.Task;
            return FakeGroup.Accepted(r);
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(101, GatewayRig.PushOf((1, 10)));
        await GatewayRig.Until(() => rig.Group.Pushes.Count == 1);
        for (uint i = 2; i <= 5; i++) channel.FromClient(100 + i, GatewayRig.PushOf((i, 10)));
        await GatewayRig.Until(() => channel.Received == 6);
        Assert.Single(rig.Group.Pushes);
        first.SetResult();
        for (uint i = 1; i <= 5; i++)
        {
            var (id, message) = await channel.NextAsync();
            Assert.Equal(100 + i, id);
            Assert.Equal(new Cursor(i), Assert.Single(Assert.IsType<PushAck>(message).Results).Cursor);
        }

        Assert.Equal([1, 4], rig.Group.Pushes.Select(p => p.Blobs.Length));
        Assert.Equal([1ul, 2, 3, 4, 5], rig.Group.Pushes.SelectMany(p => p.Blobs).Select(b => b.Sequence));
    }

    [Fact]
    public async Task Reading_pauses_while_the_window_is_full()
    {
        await using var rig = await GatewayRig.StartAsync(new() { SessionRequestsMax = 4 });
        var gate = new TaskCompletionSource();
        rig.Group.OnPush = async r =>
        {
            await gate.Task;
            return FakeGroup.Accepted(r);
        };
        var channel = await rig.JoinAsync();
        for (uint i = 1; i <= 20; i++) channel.FromClient(i, GatewayRig.PushOf((i, 10)));
        await GatewayRig.Until(() => channel.Received == 5);
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.Equal(5, channel.Received);
        gate.SetResult();
        for (uint i = 1; i <= 20; i++) Assert.Equal(i, (await channel.NextAsync()).RequestId);
    }

    [Fact]
    public async Task Blob_above_the_relays_limit_is_refused_and_what_follows_is_out_of_order()
    {
        await using var rig = await GatewayRig.StartAsync(new() { EnvelopeBytesMax = 1024 });
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, 100), (2, 1025), (3, 100)));
        var results = Assert.IsType<PushAck>((await channel.NextAsync()).Message).Results;
        Assert.Equal([ErrorCode.None, ErrorCode.BlobTooLarge, ErrorCode.OutOfOrder], results.Select(r => r.Code));
        Assert.Single(Assert.Single(rig.Group.Pushes).Blobs);
    }

    [Fact]
    public async Task Batch_above_the_relays_limit_is_refused_whole()
    {
        await using var rig = await GatewayRig.StartAsync(new() { PushBlobsMax = 2 });
        var channel = await rig.JoinAsync();
        channel.FromClient(5, GatewayRig.PushOf((1, 1), (2, 1), (3, 1)));
        Assert.Equal(ErrorCode.InvalidMessage, Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message).Code);
        Assert.Empty(rig.Group.Pushes);
    }

    [Theory]
    [MemberData(nameof(NotOffered))]
    public async Task What_is_not_offered_is_refused_and_the_session_goes_on(WireMessage message)
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = await rig.JoinAsync();
        channel.FromClient(8, message);
        var (id, reply) = await channel.NextAsync();
        Assert.Equal((8u, ErrorCode.NotSupported), (id, Assert.IsType<ErrorMessage>(reply).Code));
        channel.FromClient(9, new Presence(PresenceState.Active, Cursor.Zero, 0, 0));
        Assert.Equal(new Cursor(7), Assert.IsType<Presence>((await channel.NextAsync()).Message).Head);
    }

    public static TheoryData<WireMessage> NotOffered => [new RegisterPush(PushPlatform.Fcm, new byte[4]), new UnregisterPush()];

    [Theory]
    [MemberData(nameof(WrongDirection))]
    public async Task What_only_the_relay_says_ends_the_session_with_a_code(WireMessage message)
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = await rig.JoinAsync();
        channel.FromClient(8, message);
        await HelloTests.AssertRefusedAsync(channel, ErrorCode.InvalidMessage, requestId: 8);
    }

    public static TheoryData<WireMessage> WrongDirection => [new Notify(Cursor.Zero), new PushAck([]), new Ok(), new DeviceRevoked(default), new ErrorMessage(ErrorCode.Internal, 0, "")];

    [Fact]
    public async Task Malformed_frame_is_answered_before_the_session_ends()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = await rig.JoinAsync();
        channel.BreakRead(new ChannelException(ChannelFailure.Malformed, "no array") { RequestId = 77 });
        await HelloTests.AssertRefusedAsync(channel, ErrorCode.InvalidMessage, requestId: 77);
    }

    [Fact]
    public async Task Refusals_of_the_group_carry_its_code_and_a_text()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = await rig.JoinAsync();
        channel.FromClient(3, new Delete([BlobId.New()]));
        var error = Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message);
        Assert.Equal((ErrorCode.NotBlobOwner, 0u), (error.Code, error.RetryAfterMs));
        Assert.NotEmpty(error.Text);
    }

    [Fact]
    public async Task Call_that_the_cluster_failed_is_repeated()
    {
        await using var rig = await GatewayRig.StartAsync();
        var calls = 0;
        rig.Group.OnPush = r => ++calls < 3 ? throw new SiloUnavailableException("gone") : Task.FromResult(FakeGroup.Accepted(r));
        var channel = await rig.JoinAsync();
        channel.FromClient(2, GatewayRig.PushOf((1, 1)));
        var reply = channel.NextAsync().AsTask();
        while (!reply.IsCompleted)
        {
            rig.Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.WhenAny(reply, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System));
        }

        Assert.IsType<PushAck>((await reply).Message);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Call_that_the_cluster_keeps_failing_ends_in_a_code_with_a_time()
    {
        await using var rig = await GatewayRig.StartAsync(new() { CallAttemptsMax = 1 });
        rig.Group.OnPush = _ => throw new TimeoutException();
        var channel = await rig.JoinAsync();
        channel.FromClient(2, GatewayRig.PushOf((1, 1)));
        var error = Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message);
        Assert.Equal(ErrorCode.RelayOverloaded, error.Code);
        Assert.True(error.RetryAfterMs > 0);
    }

    [Fact]
    public async Task Fault_in_a_group_is_answered_and_the_session_goes_on()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Group.OnPull = _ => throw new InvalidOperationException("bug");
        var channel = await rig.JoinAsync();
        channel.FromClient(2, new Pull(Cursor.Zero, 1, 1));
        Assert.Equal(ErrorCode.Internal, Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message).Code);
        channel.FromClient(3, new ListDevices());
        Assert.IsType<Devices>((await channel.NextAsync()).Message);
    }

    [Fact]
    public async Task Acks_that_wait_are_merged_into_the_highest()
    {
        await using var rig = await GatewayRig.StartAsync();
        var gate = new TaskCompletionSource();
        rig.Group.OnAck = async _ =>
        {
            await gate.Task;
            return new GroupReply();
        };
        var channel = await rig.JoinAsync();
        for (uint i = 1; i <= 50; i++) channel.FromClient(i, new Ack(new Cursor(i)));
        await GatewayRig.Until(() => channel.Received == 51);
        gate.SetResult();
        await GatewayRig.Until(() => rig.Group.Acks.Count == 2);
        Assert.Equal([1ul, 50], rig.Group.Acks.Select(a => a.Through));
    }

    [Fact]
    public async Task Page_request_is_kept_within_the_relays_limits()
    {
        await using var rig = await GatewayRig.StartAsync(new() { PullBlobsMax = 7, PullBytesMax = 2048 });
        var asked = new TaskCompletionSource<PullRequest>();
        rig.Group.OnPull = r =>
        {
            asked.TrySetResult(r);
            return Task.FromResult(new PullReply(ErrorCode.None, 0, 1, 0, 0, 0, []));
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(2, new Pull(Cursor.Zero, uint.MaxValue, uint.MaxValue));
        Assert.IsType<PullResponse>((await channel.NextAsync()).Message);
        var request = await asked.Task;
        Assert.Equal((7u, 2048u), (request.MaxBlobs, request.MaxBytes));
    }
}
