using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ZeroK.Bench.Proxy;

/// <summary>A datagram echo, and the client that measures.</summary>
internal sealed class UdpPeer : IAsyncDisposable
{
    private const int RoundTrips = 5_000;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public UdpPeer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    public string Address => _socket.LocalEndPoint!.ToString()!;

    /// <summary>Microseconds of each round trip of 1,200 bytes.</summary>
    public static async Task<List<double>> RoundTripsAsync(string address)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(IPEndPoint.Parse(address));
        var (buffer, took) = (new byte[1200], new List<double>(RoundTrips));
        for (var i = 0; i < RoundTrips; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await client.SendAsync(buffer);
            await client.ReceiveAsync(buffer);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return took;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var got = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                await _socket.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), got.RemoteEndPoint);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
