using System.Net;
using System.Net.Sockets;

namespace ZeroK.Chaos.Tests.Proxy;

/// <summary>A server that sends back what it gets, over TCP and UDP.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _tcp = new(IPAddress.Loopback, 0);
    private readonly UdpClient _udp = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly List<Task> _running = [];

    public EchoServer()
    {
        _tcp.Start();
        _running.Add(AcceptAsync());
        _running.Add(EchoDatagramsAsync());
    }

    public string Tcp => _tcp.LocalEndpoint.ToString()!;

    public string Udp => _udp.Client.LocalEndPoint!.ToString()!;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _tcp.Stop();
        _udp.Dispose();
        foreach (var task in _running) await task.ContinueWith(_ => { });
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _tcp.AcceptTcpClientAsync(_stop.Token);
            _ = Task.Run(async () =>
            {
                using (client) await client.GetStream().CopyToAsync(client.GetStream(), _stop.Token);
            });
        }
    }

    private async Task EchoDatagramsAsync()
    {
        while (true)
        {
            var received = await _udp.ReceiveAsync(_stop.Token);
            await _udp.SendAsync(received.Buffer, received.RemoteEndPoint, _stop.Token);
        }
    }
}

internal static class TestSockets
{
    public static async Task<NetworkStream> ConnectAsync(string address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPEndPoint.Parse(address));
        return new NetworkStream(socket, ownsSocket: true);
    }

    public static CancellationToken In(int seconds) => new CancellationTokenSource(TimeSpan.FromSeconds(seconds)).Token;
}
