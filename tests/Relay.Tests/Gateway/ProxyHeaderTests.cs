using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Xunit;
using ZeroK.Gateway;
using ZeroK.Gateway.Proxies;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>Behind a listed proxy limits count the clients, and nobody else is believed.</summary>
public sealed class ProxyHeaderTests
{
    private const byte Local = 0x20, Proxy = 0x21, TcpOverIPv4 = 0x11, TcpOverIPv6 = 0x21, Unspecified = 0x00, Unix = 0x31;

    private static readonly byte[] Signature = [.. "\r\n\r\n\0\r\nQUIT\n"u8];

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::7")]
    public void The_source_is_the_first_address(string source)
    {
        var header = HeaderOf(source);
        Assert.True(Read(header, out var read));
        Assert.Equal(source, read?.ToString());
    }

    [Fact]
    public void An_IPv4_address_in_IPv6_form_is_the_IPv4_address()
    {
        Assert.True(Read(Header(Proxy, TcpOverIPv6, [.. IPAddress.Parse("::ffff:192.0.2.1").GetAddressBytes(), .. new byte[20]]), out var read));
        Assert.Equal("192.0.2.1", read?.ToString());
    }

    [Fact]
    public void What_follows_the_addresses_is_passed_over()
    {
        Assert.True(Read(Header(Proxy, TcpOverIPv4, [192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 5, 1, 0, 0, 0, 0]), out var read));
        Assert.Equal("192.0.2.1", read?.ToString());
    }

    [Theory]
    [InlineData(Local, Unspecified, 0)]
    [InlineData(Local, TcpOverIPv4, 12)]
    [InlineData(Proxy, Unspecified, 0)]
    [InlineData(Proxy, Unix, 216)]
    public void Who_is_not_named_is_the_proxy_itself(byte command, byte family, int rest)
    {
        Assert.True(Read(Header(command, family, new byte[rest]), out var read));
        Assert.Null(read);
    }

    [Theory]
    [InlineData(Proxy, TcpOverIPv4, 11)]
    [InlineData(Proxy, TcpOverIPv6, 35)]
    [InlineData(Proxy, 0x41, 12)]
    [InlineData(0x22, TcpOverIPv4, 12)]
    [InlineData(0x11, TcpOverIPv4, 12)]
    [InlineData(Proxy, TcpOverIPv4, ProxyHeader.RestBytesMax + 1)]
    public void What_is_no_such_header_is_refused(byte command, byte family, int rest) => Assert.False(Read(Header(command, family, new byte[rest]), out _));

    [Fact]
    public void Another_byte_anywhere_in_the_signature_is_no_header()
    {
        for (var i = 0; i < Signature.Length; i++)
        {
            var header = HeaderOf("192.0.2.1");
            header[i] ^= 1;
            Assert.False(Read(header, out _));
        }
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("10.0.0.0/8, ::1,192.0.2.7", 3)]
    public void A_list_has_networks_and_addresses(string list, int count)
    {
        Assert.True(TrustedProxies.TryParse(list, out var networks, out _));
        Assert.Equal(count, networks.Count);
    }

    [Theory]
    [InlineData("proxy.example", "proxy.example")]
    [InlineData("10.0.0.0/33", "10.0.0.0/33")]
    public void A_wrong_entry_is_named_at_start(string list, string wrong)
    {
        var said = Assert.Single(new GatewayOptionsValidator().Validate(null, new GatewayOptions { ProxyProtocolFrom = list }).Failures!);
        Assert.Contains($"Gateway:ProxyProtocolFrom: '{wrong}'", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_count_the_clients_behind_a_listed_proxy()
    {
        await using var relay = await Relay.StartAsync("127.0.0.0/8");
        using var first = await relay.ConnectAsync(HeaderOf("192.0.2.1"));
        await GatewayRig.Until(() => relay.Gateway.HalfOpen == 1);
        using var other = await relay.ConnectAsync(HeaderOf("192.0.2.2"));
        await GatewayRig.Until(() => relay.Gateway.HalfOpen == 2);
        using var again = await relay.ConnectAsync(HeaderOf("192.0.2.1"));
        Assert.Equal((ushort)ErrorCode.TooManyFromAddress, await RefusalAsync(again));
        Assert.Equal(2, relay.Gateway.HalfOpen);
    }

    [Fact]
    public async Task A_header_of_who_is_not_listed_names_nobody()
    {
        await using var relay = await Relay.StartAsync("192.0.2.200");
        using var first = await relay.ConnectAsync(HeaderOf("192.0.2.1"));
        await GatewayRig.Until(() => relay.Gateway.HalfOpen == 1);
        using var second = await relay.ConnectAsync(HeaderOf("192.0.2.2"));
        Assert.Equal((ushort)ErrorCode.TooManyFromAddress, await RefusalAsync(second));
    }

    [Fact]
    public async Task A_listed_proxy_that_does_not_say_who_is_closed_and_the_operator_told()
    {
        await using var relay = await Relay.StartAsync("127.0.0.1");
        using var connection = await relay.ConnectAsync("GET / HTTP/1.1\r\nHost: relay\r\n\r\n"u8.ToArray());
        Assert.True(await IsClosedAsync(connection));
        await relay.SaysAsync("Gateway:ProxyProtocolFrom");
        Assert.Equal(0, relay.Gateway.HalfOpen);
    }

    [Fact]
    public async Task A_listed_proxy_that_says_nothing_is_closed_after_the_time_for_first_bytes()
    {
        await using var relay = await Relay.StartAsync("127.0.0.1");
        using var connection = await relay.ConnectAsync(HeaderOf("192.0.2.1")[..20]);
        var closed = IsClosedAsync(connection);
        while (!closed.IsCompleted)
        {
            relay.Rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(closed, Pause());
        }

        Assert.True(await closed);
    }

    [Fact]
    public async Task HAProxy_passes_clients_on_with_their_addresses()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/sbin/haproxy"), "skipped: no haproxy");
        await using var relay = await Relay.StartAsync("127.0.0.1");
        using var folder = new Storage.TempDirectory();
        var port = FreePort();
        var settings = Path.Combine(folder.Path, "haproxy.cfg");
        await File.WriteAllTextAsync(settings, $"""
            defaults
              mode tcp
              timeout connect 5s
              timeout client 60s
              timeout server 60s
            listen zerok
              bind 127.0.0.1:{port}
              server relay 127.0.0.1:{relay.Gateway.Port} send-proxy-v2

            """, TestContext.Current.CancellationToken);
        using var haproxy = Process.Start(new ProcessStartInfo("/usr/sbin/haproxy", ["-db", "-f", settings]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            using var first = await ThroughAsync(port, "127.0.0.11");
            await GatewayRig.Until(() => relay.Gateway.HalfOpen == 1);
            using var other = await ThroughAsync(port, "127.0.0.12");
            await GatewayRig.Until(() => relay.Gateway.HalfOpen == 2);
            using var again = await ThroughAsync(port, "127.0.0.11");
            Assert.Equal((ushort)ErrorCode.TooManyFromAddress, await RefusalAsync(again));
        }
        finally
        {
            haproxy.Kill();
            await haproxy.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    // The clock of the gateway is stepped by the test; its sockets are real.
    private static Task Pause() => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);

    private static byte[] HeaderOf(string source)
    {
        var address = IPAddress.Parse(source).GetAddressBytes();
        return Header(Proxy, address.Length == 4 ? TcpOverIPv4 : TcpOverIPv6, [.. address, .. new byte[address.Length], 0x30, 0x39, 0x12, 0xE8]);
    }

    private static byte[] Header(byte command, byte family, byte[] rest)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)rest.Length);
        return [.. Signature, command, family, .. length, .. rest];
    }

    private static bool Read(byte[] header, out IPAddress? source)
    {
        source = null;
        return ProxyHeader.TryReadLength(header.AsSpan(0, ProxyHeader.FixedBytes), out var rest)
            && ProxyHeader.TryReadSource(header.AsSpan(0, ProxyHeader.FixedBytes), header.AsSpan(ProxyHeader.FixedBytes, rest), out source);
    }

    // The refusal in clear: a byte, a length, then the code.
    private static async Task<ushort> RefusalAsync(Socket connection)
    {
        var frame = new byte[5];
        for (var read = 0; read < frame.Length;)
        {
            var more = await connection.ReceiveAsync(frame.AsMemory(read), TestContext.Current.CancellationToken);
            if (more == 0) return 0;
            read += more;
        }

        return BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(3));
    }

    // In order, or by a reset where the relay left bytes unread.
    private static async Task<bool> IsClosedAsync(Socket connection)
    {
        try
        {
            return await connection.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken) == 0;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    private static async Task<Socket> ThroughAsync(int port, string from)
    {
        for (var attempt = 0; ; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return socket;
            }
            catch (SocketException) when (attempt < 200)
            {
                // The proxy is not up yet.
                socket.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // A gateway on real TCP that takes one connection of an address.
    private sealed class Relay : IAsyncDisposable
    {
        private readonly StaticIdentity _identity = StaticIdentity.Generate();
        private readonly LoggerFactory _logs;

        private Relay(string proxies)
        {
            Rig = new GatewayRig(new() { Listen = "127.0.0.1", Port = 0, ConnectionsPerAddressMax = 1, ProxyProtocolFrom = proxies });
            _logs = new LoggerFactory([Rig.Logs]);
            Gateway = new RelayGateway(Rig.Context, [new TcpTransport()], _identity, _logs);
        }

        public GatewayRig Rig { get; }

        public RelayGateway Gateway { get; }

        public static async Task<Relay> StartAsync(string proxies)
        {
            var relay = new Relay(proxies);
            await relay.Gateway.StartAsync(TestContext.Current.CancellationToken);
            return relay;
        }

        public async Task<Socket> ConnectAsync(byte[] first)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, Gateway.Port, TestContext.Current.CancellationToken);
            await socket.SendAsync(first, TestContext.Current.CancellationToken);
            return socket;
        }

        public async Task SaysAsync(string text)
        {
            while (!Rig.Logs.Lines.Any(l => l.Contains(text, StringComparison.Ordinal)))
            {
                Rig.Time.Advance(TimeSpan.FromSeconds(1));
                await Pause();
            }
        }

        public async ValueTask DisposeAsync()
        {
            var ending = Gateway.DisposeAsync().AsTask();
            while (!ending.IsCompleted)
            {
                Rig.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.WhenAny(ending, Pause());
            }

            await ending;
            await Rig.DisposeAsync();
            _identity.Dispose();
            _logs.Dispose();
        }
    }
}
