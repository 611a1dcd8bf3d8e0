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

    // Joined connections have said HELLO, others have not. The last one comes from the address that the first one came from, or from another.
    [Theory]
    [InlineData("all connections", 2, 0, "192.0.2.9")]
    [InlineData("connections of an address", 2, 0, "192.0.2.1")]
    [InlineData("all handshakes", 0, 2, "192.0.2.9")]
    [InlineData("handshakes of an address", 0, 2, "192.0.2.1")]
    public async Task Connection_above_a_limit_is_told_so_in_clear_with_a_time(string limit, int joined, int halfOpen, string from)
    {
        var options = limit switch
        {
            "all connections" => new GatewayOptions { ConnectionsMax = 2 },
            "connections of an address" => new GatewayOptions { ConnectionsPerAddressMax = 2 },
            "all handshakes" => new GatewayOptions { HandshakesMax = 2 },
            _ => new GatewayOptions { HandshakesPerAddressMax = 2 },
        };
        await using var rig = await GatewayRig.StartAsync(options with { RetryAfterMs = 4321 });
        for (var i = 0; i < joined; i++) await rig.JoinAsync(address: "192.0.2.1");
        for (var i = 0; i < halfOpen; i++) rig.Connect("192.0.2.1");
        await GatewayRig.Until(() => rig.Gateway.HalfOpen == halfOpen);

        var refused = rig.Connect(from);
        await refused.Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        byte[] frame = [2, 0, 8, .. Bytes16((ushort)ErrorCode.TooManyConnections), .. Bytes32(4321), 1, 1];
        Assert.Equal(frame, refused.Sent);

        static byte[] Bytes16(ushort value) => [(byte)(value >> 8), (byte)value];
        static byte[] Bytes32(uint value) => [.. Bytes16((ushort)(value >> 16)), .. Bytes16((ushort)value)];
    }

    [Fact]
    public void Connections_of_one_address_are_counted_together_and_given_back_once()
    {
        var limiter = new AdmissionLimiter(new GatewayOptions { ConnectionsPerAddressMax = 2, HandshakesPerAddressMax = 2 });
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.1", out var a));
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("::ffff:192.0.2.1", out _));
        Assert.Equal(AdmissionLimit.ConnectionsPerAddress, limiter.TryAdmit("192.0.2.1", out _));
        a!.Dispose();
        a.Dispose();
        Assert.Equal(1, limiter.Connections);
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.1", out _));
    }

    [Fact]
    public void Connections_of_all_addresses_have_a_cap()
    {
        var limiter = new AdmissionLimiter(new GatewayOptions { ConnectionsMax = 2 });
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.1", out var a));
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.2", out _));
        Assert.Equal(AdmissionLimit.Connections, limiter.TryAdmit("192.0.2.3", out _));
        a!.Dispose();
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.3", out _));
    }

    [Fact]
    public void Half_open_connections_have_a_lower_cap_that_hello_lifts()
    {
        var limiter = new AdmissionLimiter(new GatewayOptions { ConnectionsPerAddressMax = 10, HandshakesPerAddressMax = 1, HandshakesMax = 2 });
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.1", out var a));
        Assert.Equal(AdmissionLimit.HandshakesPerAddress, limiter.TryAdmit("192.0.2.1", out _));
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.2", out _));
        Assert.Equal(AdmissionLimit.Handshakes, limiter.TryAdmit("192.0.2.3", out _));
        a!.Establish();
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.1", out _));
        a.Dispose();
        Assert.Equal((2, 2), (limiter.Connections, limiter.Handshakes));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("memory", "memory", true)]
    public void One_host_is_one_address(string one, string other, bool same) => Assert.Equal(same, AddressKey.Of(one) == AddressKey.Of(other));

    [Fact]
    public void Every_option_out_of_range_is_named()
    {
        var result = new GatewayOptionsValidator().Validate(null, new GatewayOptions { HelloSeconds = 0, Port = 70_000, Listen = "nowhere" });
        Assert.Equal(3, result.Failures!.Count());
        Assert.Contains("Gateway:HelloSeconds is 0; it must be 1 to 120.", result.Failures!);
        Assert.True(new GatewayOptionsValidator().Validate(null, new GatewayOptions()).Succeeded);
    }
}
