using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;
using ZeroK.Chaos.Proxy;
using static ZeroK.Chaos.Tests.Proxy.TestSockets;

namespace ZeroK.Chaos.Tests.Proxy;

/// <summary>The proxy with real sockets.</summary>
public sealed class ChaosProxyTests : IAsyncLifetime
{
    private readonly EchoServer _echo = new();
    private readonly List<ChaosProxy> _proxies = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies) await proxy.DisposeAsync();
        await _echo.DisposeAsync();
    }

    private async Task<ChaosProxy> ProxyAsync(ProxyProtocol protocol = ProxyProtocol.Tcp, ProxyOptions? options = null)
    {
        var proxy = new ChaosProxy("p", protocol, "127.0.0.1:0", protocol == ProxyProtocol.Tcp ? _echo.Tcp : _echo.Udp, options ?? new ProxyOptions { Seed = 42 });
        _proxies.Add(proxy);
        await proxy.EnableAsync();
        return proxy;
    }

    private static async Task<string> EchoAsync(Stream stream, string text)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), In(10));
        var back = new byte[text.Length];
        await stream.ReadExactlyAsync(back, In(10));
        return Encoding.ASCII.GetString(back);
    }

    [Fact]
    public async Task A_megabyte_passes_unchanged_and_the_end_too()
    {
        var proxy = await ProxyAsync();
        await using var stream = await ConnectAsync(proxy.Listen.ToString());
        var sent = new byte[1 << 20];
        new Random(3).NextBytes(sent);
        var writing = Task.Run(async () =>
        {
            await stream.WriteAsync(sent, In(20));
            stream.Socket.Shutdown(SocketShutdown.Send);
        });
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, In(20));
        await writing;
        Assert.Equal(sent, received.ToArray());
    }

    [Fact]
    public async Task Latency_acts_on_a_link_that_lives_and_its_removal_too()
    {
        var proxy = await ProxyAsync();
        await using var stream = await ConnectAsync(proxy.Listen.ToString());
        Assert.Equal("a", await EchoAsync(stream, "a"));
        proxy.AddBoth("latency", ("latency", 150));
        var clock = Stopwatch.StartNew();
        Assert.Equal("b", await EchoAsync(stream, "b"));
        Assert.True(clock.ElapsedMilliseconds >= 295, $"{clock.ElapsedMilliseconds} ms");
        Assert.Equal(1, proxy.Hits()["latency_upstream"]);
        proxy.Heal();
        clock.Restart();
        Assert.Equal("c", await EchoAsync(stream, "c"));
        Assert.True(clock.ElapsedMilliseconds < 140, $"{clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task A_partition_holds_bytes_and_healing_delivers_them_in_order()
    {
        var proxy = await ProxyAsync();
        await using var stream = await ConnectAsync(proxy.Listen.ToString());
        Assert.Equal("a", await EchoAsync(stream, "a"));
        proxy.AddBoth("partition");
        await stream.WriteAsync("bcd"u8.ToArray(), In(5));
        var read = stream.ReadAsync(new byte[1], In(10)).AsTask();
        Assert.NotSame(read, await Task.WhenAny(read, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System)));
        proxy.Heal();
        Assert.Equal(1, await read);
        Assert.Equal("cde", Encoding.ASCII.GetString([.. await ReadAsync(stream, 2), (byte)'e']));
    }

    [Fact]
    public async Task Half_open_lets_one_direction_through()
    {
        var proxy = await ProxyAsync(options: new ProxyOptions { CaptureBytesMax = 100 });
        await using var stream = await ConnectAsync(proxy.Listen.ToString());
        Assert.Equal("a", await EchoAsync(stream, "a"));
        proxy.Add("partition", Direction.Downstream);
        await stream.WriteAsync("b"u8.ToArray(), In(5));
        await UntilAsync(() => proxy.Captures[1].Total == 2); // the server has answered
        Assert.Equal("ab", Encoding.ASCII.GetString(proxy.Captures[0].ToArray()));
        Assert.Equal(0, stream.Socket.Available);
    }

    [Fact]
    public async Task Reset_peer_is_a_reset_and_limit_data_a_close()
    {
        var proxy = await ProxyAsync();
        await using var stream = await ConnectAsync(proxy.Listen.ToString());
        Assert.Equal("a", await EchoAsync(stream, "a"));
        proxy.Add("reset_peer", Direction.Downstream);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await stream.ReadExactlyAsync(new byte[1], In(5)));
        Assert.Equal(SocketError.ConnectionReset, ((SocketException)failure.InnerException!).SocketErrorCode);
        proxy.Heal();
        proxy.Add("limit_data", Direction.Downstream, ("bytes", 3));
        await using var second = await ConnectAsync(proxy.Listen.ToString());
        await second.WriteAsync("abcdef"u8.ToArray(), In(5));
        Assert.Equal("abc"u8.ToArray(), await ReadAsync(second, 3));
        Assert.Equal(0, await second.ReadAsync(new byte[1], In(5)));
    }

    [Fact]
    public async Task A_disabled_proxy_refuses_and_comes_back_on_its_port()
    {
        var proxy = await ProxyAsync();
        await using var stream = await ConnectAsync(proxy.Listen.ToString());
        Assert.Equal("a", await EchoAsync(stream, "a"));
        var address = proxy.Listen;
        await proxy.DisableAsync();
        Assert.Equal(0, proxy.LinksOpen);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(address.ToString()));
        await proxy.EnableAsync();
        Assert.Equal(address, proxy.Listen);
        await using var again = await ConnectAsync(address.ToString());
        Assert.Equal("b", await EchoAsync(again, "b"));
    }

    [Fact]
    public async Task A_server_that_is_down_is_a_reset_for_the_client()
    {
        // Bound and not listening: the port refuses, and nobody else can take it meanwhile.
        using var bound = new Socket(SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var proxy = new ChaosProxy("down", ProxyProtocol.Tcp, "127.0.0.1:0", bound.LocalEndPoint!.ToString()!);
        await proxy.EnableAsync();
        // The reset comes with the first read, or already while connecting: both are the client's to see.
        var failure = await Record.ExceptionAsync(async () =>
        {
            await using var stream = await ConnectAsync(proxy.Listen.ToString());
            await stream.ReadExactlyAsync(new byte[1], In(5));
        });
        Assert.Equal(SocketError.ConnectionReset, (failure as SocketException ?? failure?.InnerException as SocketException)?.SocketErrorCode);
        await UntilAsync(() => proxy.LinksOpen == 0);
    }

    [Fact]
    public async Task A_hook_tampers_with_the_link_that_it_was_asked_for()
    {
        var options = new ProxyOptions { Hook = (link, direction) => link == 1 && direction == Direction.Upstream ? new TamperToxic(new FrameTamper(new TamperPlan(0, TamperAction.FlipBit, 3, 0))) : null };
        var proxy = await ProxyAsync(options: options);
        foreach (var expected in (byte[])[64, 65, 64])
        {
            await using var stream = await ConnectAsync(proxy.Listen.ToString());
            await stream.WriteAsync(new byte[] { 0, 0, 1, 64 }, In(5));
            Assert.Equal(expected, (await ReadAsync(stream, 4))[3]);
        }

        Assert.Equal(1, proxy.Hits()["hook"]);
    }

    [Fact]
    public async Task Datagrams_of_two_clients_find_their_way_back()
    {
        var proxy = await ProxyAsync(ProxyProtocol.Udp);
        using var first = new UdpClient("127.0.0.1", proxy.Listen.Port);
        using var second = new UdpClient("127.0.0.1", proxy.Listen.Port);
        await first.SendAsync("one"u8.ToArray(), In(5));
        await second.SendAsync("two"u8.ToArray(), In(5));
        Assert.Equal("one"u8.ToArray(), (await first.ReceiveAsync(In(5))).Buffer);
        Assert.Equal("two"u8.ToArray(), (await second.ReceiveAsync(In(5))).Buffer);
        Assert.Equal(2, proxy.LinksOpen);
    }

    [Fact]
    public async Task Loss_of_datagrams_replays_from_its_seed()
    {
        var first = await SurvivorsAsync(7);
        Assert.Equal(first, await SurvivorsAsync(7));
        Assert.NotEqual(first, await SurvivorsAsync(8));
        Assert.InRange(first.Count, 60, 95);
    }

    private async Task<List<byte>> SurvivorsAsync(long seed)
    {
        var proxy = await ProxyAsync(ProxyProtocol.Udp, new ProxyOptions { Seed = seed });
        proxy.Add("loss", Direction.Upstream, ("percent", 20));
        using var client = new UdpClient("127.0.0.1", proxy.Listen.Port);
        for (byte i = 0; i < 100; i++) await client.SendAsync(new[] { i }, In(5));
        await UntilAsync(() => proxy.Hits().GetValueOrDefault("loss_upstream") > 0);
        var got = new List<byte>();
        var all = In(10);
        while (got.Count + proxy.Hits()["loss_upstream"] < 100) got.Add((await client.ReceiveAsync(all)).Buffer[0]);
        return got;
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, In(10));
        return bytes;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var all = In(10);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, all);
    }
}
