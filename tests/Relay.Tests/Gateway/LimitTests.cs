using Xunit;
using ZeroK.Gateway;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

public sealed class LimitTests
{
    [Fact]
    public async Task Messages_above_the_devices_rate_are_refused_with_a_time_also_after_reconnecting()
    {
        await using var rig = await GatewayRig.StartAsync(new() { MessagesPerDevicePerSecond = 1, BurstSeconds = 3 });
        var device = FakeChannel.NewPeer();
        var channel = await rig.JoinAsync(device);
        for (uint i = 1; i <= 5; i++) channel.FromClient(i, new ListDevices());
        var refused = new List<ErrorMessage>();
        for (var i = 0; i < 5; i++)
        {
            if ((await channel.NextAsync()).Message is ErrorMessage error) refused.Add(error);
        }

        Assert.NotEmpty(refused);
        Assert.All(refused, e => Assert.Equal(ErrorCode.RateLimited, e.Code));
        Assert.All(refused, e => Assert.True(e.RetryAfterMs > 0));

        var again = await rig.JoinAsync(device);
        for (uint i = 1; i <= 5; i++) again.FromClient(i, new ListDevices());
        var replies = new List<WireMessage>();
        for (var i = 0; i < 5; i++) replies.Add((await again.NextAsync()).Message);
        Assert.Contains(replies, m => m is ErrorMessage { Code: ErrorCode.RateLimited });
    }

    [Fact]
    public async Task Bytes_above_the_relays_ceiling_are_refused_as_overload()
    {
        await using var rig = await GatewayRig.StartAsync(new() { BytesMax = 1024 * 1024 });
        var gate = new TaskCompletionSource();
        rig.Group.OnPush = async r =>
        {
            await gate.Task;
            return FakeGroup.Accepted(r);
        };
        var (first, second) = (await rig.JoinAsync(), await rig.JoinAsync());
        first.FromClient(1, GatewayRig.PushOf((1, 1_000_000)));
        await GatewayRig.Until(() => rig.Group.Pushes.Count == 1);
        second.FromClient(2, GatewayRig.PushOf((1, 1_000_000)));
        var error = Assert.IsType<ErrorMessage>((await second.NextAsync()).Message);
        Assert.Equal(ErrorCode.RelayOverloaded, error.Code);
        Assert.True(error.RetryAfterMs > 0);
        gate.SetResult();
        Assert.IsType<PushAck>((await first.NextAsync()).Message);

        // The reply goes out before its bytes are given back.
        await GatewayRig.Until(() => rig.Context.Budget.Bytes == 0);
        second.FromClient(3, GatewayRig.PushOf((1, 1_000_000)));
        Assert.IsType<PushAck>((await second.NextAsync()).Message);
    }

    [Fact]
    public async Task Messages_above_the_relays_rate_are_refused_with_a_time_whoever_sends_them()
    {
        await using var rig = await GatewayRig.StartAsync(new() { MessagesPerSecond = 1, BurstSeconds = 3 });
        var channels = new[] { await rig.JoinAsync(), await rig.JoinAsync() };
        foreach (var channel in channels)
        {
            for (uint i = 1; i <= 4; i++) channel.FromClient(i, new ListDevices());
        }

        var refused = new List<ErrorMessage>();
        foreach (var channel in channels)
        {
            for (var i = 0; i < 4; i++)
            {
                if ((await channel.NextAsync()).Message is ErrorMessage error) refused.Add(error);
            }
        }

        Assert.NotEmpty(refused);
        Assert.All(refused, e => Assert.Equal(ErrorCode.RateLimited, e.Code));
        Assert.All(refused, e => Assert.True(e.RetryAfterMs > 0));
    }

    // One percent of the memory is less than any test process uses.
    [Fact]
    public async Task Requests_with_bytes_are_refused_as_overload_while_memory_is_short()
    {
        var ballast = new byte[GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 64];
        Array.Fill(ballast, (byte)1);
        await using var rig = await GatewayRig.StartAsync(new() { MemoryPercentMax = 1 });
        var channel = await rig.JoinAsync();
        channel.FromClient(1, GatewayRig.PushOf((1, 1000)));
        var error = Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message);
        Assert.Equal(ErrorCode.RelayOverloaded, error.Code);
        Assert.True(error.RetryAfterMs > 0);
        GC.KeepAlive(ballast);
    }

    [Fact]
    public async Task Silent_session_is_closed_after_twice_the_keep_alive_and_a_speaking_one_is_not()
    {
        await using var rig = await GatewayRig.StartAsync();
        var (silent, speaking) = (await rig.JoinAsync(), await rig.JoinAsync());
        for (var second = 0; second < 45; second++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            speaking.FromClient((uint)second + 10, new Presence(PresenceState.Idle, Cursor.Zero, 0, 0));
            Assert.IsType<Presence>((await speaking.NextAsync()).Message);
            if (second < 39) Assert.False(silent.TryNext(out _), $"closed after {second} s");
        }

        Assert.IsType<Bye>((await silent.NextAsync()).Message);
    }

    [Fact]
    public void Every_option_out_of_range_is_named()
    {
        var result = new GatewayOptionsValidator().Validate(null, new GatewayOptions { HelloSeconds = 0, Port = 70_000, Listen = "nowhere" });
        Assert.Equal(3, result.Failures!.Count());
        Assert.Contains("Gateway:HelloSeconds is 0; it must be 1 to 120.", result.Failures!);
        Assert.True(new GatewayOptionsValidator().Validate(null, new GatewayOptions()).Succeeded);
    }
}
