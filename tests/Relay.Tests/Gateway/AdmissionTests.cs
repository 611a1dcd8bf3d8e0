using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Gateway;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>Who comes in, and who has to go for it.</summary>
public sealed class AdmissionTests
{
    [Theory]
    [InlineData("all connections", ErrorCode.TooManyConnections, "192.0.2.9", "Gateway:ConnectionsMax")]
    [InlineData("connections of an address", ErrorCode.TooManyFromAddress, "192.0.2.1", "Gateway:ConnectionsPerAddressMax")]
    [InlineData("connections of a network", ErrorCode.TooManyFromAddress, "192.0.2.9", "Gateway:ConnectionsPerNetworkMax")]
    [InlineData("connections of an address in a second", ErrorCode.TooManyFromAddress, "192.0.2.1", "Gateway:HandshakesPerAddressPerSecond")]
    public async Task Connection_above_a_limit_is_told_so_in_clear_with_a_time_and_the_log_names_the_setting(string limit, ErrorCode code, string from, string setting)
    {
        var options = limit switch
        {
            "all connections" => new GatewayOptions { ConnectionsMax = 2 },
            "connections of an address" => new GatewayOptions { ConnectionsPerAddressMax = 2 },
            "connections of a network" => new GatewayOptions { ConnectionsPerAddressMax = 1, ConnectionsPerNetworkMax = 2 },
            _ => new GatewayOptions { HandshakesPerAddressPerSecond = 1 },
        };
        await using var rig = await GatewayRig.StartAsync(options with { RetryAfterMs = 4321 });
        await rig.JoinAsync(address: "192.0.2.1");
        if (limit.EndsWith("second", StringComparison.Ordinal))
        {
            for (var i = 0; i < 9; i++) rig.Connect("192.0.2.1");
            await GatewayRig.Until(() => rig.Gateway.HalfOpen == 9);
        }
        else
        {
            await rig.JoinAsync(address: limit == "connections of a network" ? "192.0.2.2" : "192.0.2.1");
        }

        var refused = rig.Connect(from);
        await refused.Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        byte[] frame = [2, 0, 8, .. Bytes16((ushort)code), .. Bytes32(4321), 1, 1];
        Assert.Equal(frame, refused.Sent);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await GatewayRig.Until(() => rig.Logs.Lines.Any(l => l.Contains($"1 connections refused", StringComparison.Ordinal) && l.Contains(setting, StringComparison.Ordinal)));

        static byte[] Bytes16(ushort value) => [(byte)(value >> 8), (byte)value];
        static byte[] Bytes32(uint value) => [.. Bytes16((ushort)(value >> 16)), .. Bytes16((ushort)value)];
    }

    [Fact]
    public async Task Refused_connections_are_told_to_the_operator_at_once_and_then_once_a_minute_with_their_number()
    {
        await using var rig = await GatewayRig.StartAsync(new() { ConnectionsPerAddressMax = 1, KeepAliveSeconds = 3_600 });
        await rig.JoinAsync();
        for (var second = 0; second < 130; second++)
        {
            await rig.Connect().Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await GatewayRig.Until(() => Lines(rig).Count >= 3);
        Assert.InRange(Lines(rig).Count, 3, 4);
        Assert.All(Lines(rig), l => Assert.DoesNotContain("192.0.2.1", l, StringComparison.Ordinal));

        static List<string> Lines(GatewayRig rig) => [.. rig.Logs.Lines.Where(l => l.Contains("Gateway:ConnectionsPerAddressMax", StringComparison.Ordinal))];
    }

    // 32 addresses with 8 connections each were all that a relay took.
    [Theory]
    [InlineData("192.0.{0}.1")]
    [InlineData("192.0.2.{0}")]
    [InlineData("2001:db8:0:{0}::1")]
    [InlineData("2001:db8:{0}::1")]
    public async Task Silent_connections_of_many_addresses_lock_nobody_out(string pattern)
    {
        await using var rig = await GatewayRig.StartAsync();
        var silent = new List<FakeConnection>();
        for (var address = 1; address <= 40; address++)
        {
            for (var i = 0; i < 8; i++) silent.Add(rig.Connect(string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, address)));
        }

        for (var i = 1; i <= 3; i++)
        {
            var device = await rig.JoinAsync(address: $"203.0.113.{i}");
            Assert.False(device.IsDisposed);
        }

        Assert.InRange(rig.Gateway.HalfOpen, 1, 256);
        Assert.Contains(silent, c => c.Disposed.Task.IsCompleted);
    }

    [Fact]
    public async Task Oldest_half_open_connection_of_an_address_goes_for_its_newest()
    {
        await using var rig = await GatewayRig.StartAsync(new() { HandshakesPerAddressMax = 2 });
        var (first, second) = (rig.Connect(), rig.Connect());
        await GatewayRig.Until(() => rig.Gateway.HalfOpen == 2);
        Assert.False((await rig.JoinAsync()).IsDisposed);
        await first.Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False(second.Disposed.Task.IsCompleted);
        Assert.Equal(1, rig.Counted("zerok.handshakes", nameof(AdmissionLimit.HandshakesPerAddress)));
    }

    [Fact]
    public async Task Connection_that_waits_for_the_groups_answer_to_its_hello_is_half_open_still()
    {
        await using var rig = await GatewayRig.StartAsync();
        var answer = new TaskCompletionSource<GrainContracts.HelloReply>();
        rig.Group.OnHello = _ => answer.Task;
        var channel = rig.Open();
        channel.FromClient(1, rig.HelloFor(channel));
        await GatewayRig.Until(() => rig.Group.Hellos.Count == 1);
        Assert.Equal(1, rig.Gateway.HalfOpen);
        answer.SetResult(FakeGroup.Welcome(ErrorCode.None));
        Assert.IsType<Welcome>((await channel.NextAsync()).Message);
        Assert.Equal((0, 1), (rig.Gateway.HalfOpen, rig.Gateway.Sessions));
    }

    [Theory]
    [InlineData(ErrorCode.Unauthorized)]
    [InlineData(ErrorCode.TooManyDevices)]
    [InlineData(ErrorCode.StoreUnavailable)]
    public async Task Connection_whose_hello_was_refused_was_half_open_to_its_end(ErrorCode code)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Group.OnHello = _ => Task.FromResult(FakeGroup.Welcome(code));
        var channel = rig.Open();
        channel.FromClient(1, rig.HelloFor(channel));
        await HelloTests.AssertRefusedAsync(channel, code);
        Assert.Equal(1, rig.Gateway.HalfOpen);
        channel.ClientCloses();
        await GatewayRig.Until(() => rig.Gateway.HalfOpen == 0);
    }

    [Fact]
    public void Connections_of_one_address_are_counted_together_and_given_back_once()
    {
        var limiter = new AdmissionLimiter(new GatewayOptions { ConnectionsPerAddressMax = 2 });
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.1", out var a, out _));
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("::ffff:192.0.2.1", out _, out _));
        Assert.Equal(AdmissionLimit.ConnectionsPerAddress, limiter.TryAdmit("192.0.2.1", out _, out _));
        a!.Dispose();
        a.Dispose();
        Assert.Equal(1, limiter.Connections);
        Assert.Equal(AdmissionLimit.None, limiter.TryAdmit("192.0.2.1", out _, out _));
    }

    [Fact]
    public void Half_open_connections_have_a_lower_cap_that_hello_lifts()
    {
        var limiter = new AdmissionLimiter(new GatewayOptions { HandshakesPerAddressMax = 1, HandshakesMax = 2 });
        limiter.TryAdmit("192.0.2.1", out var a, out _);
        a!.Establish();
        limiter.TryAdmit("192.0.2.1", out var b, out var none);
        limiter.TryAdmit("198.51.100.1", out var c, out _);
        Assert.Empty(none);
        Assert.Equal((3, 2), (limiter.Connections, limiter.Handshakes));

        limiter.TryAdmit("203.0.113.1", out _, out var ended);
        Assert.Equal([AdmissionLimit.Handshakes], ended);
        Assert.Equal((true, false, 2), (b!.Ended.IsCancellationRequested, c!.Ended.IsCancellationRequested, limiter.Handshakes));

        // One that was told to go and says HELLO all the same stays, and is counted once.
        b.Establish();
        b.Dispose();
        Assert.Equal((3, 2), (limiter.Connections, limiter.Handshakes));
    }

    [Fact]
    public void Network_with_most_half_open_connections_loses_its_oldest_and_a_lone_host_none()
    {
        var limiter = new AdmissionLimiter(new GatewayOptions { HandshakesPerAddressMax = 100, HandshakesMax = 50 });
        limiter.TryAdmit("198.51.100.1", out var lone, out _);
        var many = new List<AdmissionTicket>();
        for (var i = 1; i <= 200; i++)
        {
            limiter.TryAdmit($"192.0.2.{i}", out var ticket, out _);
            many.Add(ticket!);
        }

        Assert.False(lone!.Ended.IsCancellationRequested);
        Assert.Equal(50, limiter.Handshakes);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => i < 151), many.Select(t => t.Ended.IsCancellationRequested));
    }

    [Theory]
    [InlineData("2001:db8:1:{0}::1", 2)]
    [InlineData("2001:db8:{0}::1", 99)]
    [InlineData("192.0.2.{0}", 3)]
    [InlineData("192.0.{0}.1", 99)]
    public void Connections_of_the_hosts_of_one_customer_and_one_network_are_counted_together(string pattern, int allowed)
    {
        var limiter = new AdmissionLimiter(new GatewayOptions { ConnectionsPerAddressMax = 1, ConnectionsPerNetworkMax = 3 });
        var admitted = Enumerable.Range(1, 99).Count(i => limiter.TryAdmit(string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, i), out _, out _) == AdmissionLimit.None);
        Assert.Equal(allowed, admitted);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("memory", "memory", true)]
    public void One_host_is_one_address(string one, string other, bool same) => Assert.Equal(same, AddressKey.Of(one) == AddressKey.Of(other));

    [Fact]
    public void Address_has_so_many_handshakes_a_second_after_a_burst_and_its_network_a_few_times_more()
    {
        var time = new FakeTimeProvider();
        var rates = new HandshakeRates(new GatewayOptions { HandshakesPerAddressPerSecond = 5 }, time, () => 0);
        Assert.Equal(50, Enumerable.Range(0, 1_000).Count(_ => rates.TryTake("192.0.2.1")));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(10, Enumerable.Range(0, 1_000).Count(_ => rates.TryTake("192.0.2.1")));
        Assert.Equal(50, Enumerable.Range(0, 1_000).Count(_ => rates.TryTake("198.51.100.1")));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => rates.TryTake($"192.0.2.{2 + i % 200}")), 150, 250);
    }

    [Fact]
    public void Handshakes_of_all_are_bounded_and_the_relay_asks_for_cookies_before_that()
    {
        var time = new FakeTimeProvider();
        var rates = new HandshakeRates(new GatewayOptions { HandshakesPerSecond = 100, BurstSeconds = 2 }, time, () => 0);
        var (begun, loadedAt) = (0, 0);
        while (rates.TryBegin(out uint _))
        {
            begun++;
            if (loadedAt == 0 && rates.IsLoaded) loadedAt = begun;
        }

        Assert.Equal((200, 101, false), (begun, loadedAt, rates.HasRoom));
        Assert.False(rates.TryBegin(out var retryAfterMs));
        Assert.Equal(1_000u, retryAfterMs);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(100, Enumerable.Range(0, 1_000).Count(_ => rates.TryBegin(out uint _)));
        Assert.True(new HandshakeRates(new GatewayOptions { HandshakesMax = 10 }, time, () => 6).IsLoaded);
    }

    // 50,000 networks and more: what a made-up address costs is bounded, and those who came before keep their rate.
    [Fact]
    public void Addresses_without_end_share_a_bucket_and_make_no_room_for_themselves()
    {
        var rates = new HandshakeRates(new GatewayOptions { HandshakesPerAddressPerSecond = 1 }, new FakeTimeProvider(), () => 0);
        Assert.Equal(10, Enumerable.Range(0, 20).Count(_ => rates.TryTake("192.0.2.1")));
        var taken = Enumerable.Range(0, 60_000).Count(i => rates.TryTake($"2001:{i / 60_000:x}:{i:x}::1"));
        Assert.InRange(taken, 10_000, 20_000);
        Assert.False(rates.TryTake("192.0.2.1"));
    }
}
