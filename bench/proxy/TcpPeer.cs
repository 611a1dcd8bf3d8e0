using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ZeroK.Bench.Proxy;

/// <summary>A server that sends back what is at most 64 bytes at a time, and swallows the rest; and the clients that measure.</summary>
internal sealed class TcpPeer : IAsyncDisposable
{
    private const int RoundTrips = 5_000;
    private const long Bytes = 512L << 20;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    public TcpPeer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Microseconds of each round trip of 64 bytes.</summary>
    public static async Task<List<double>> RoundTripsAsync(string address)
    {
        using var client = await ConnectAsync(address);
        var (buffer, took) = (new byte[64], new List<double>(RoundTrips));
        for (var i = 0; i < RoundTrips; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await client.SendAsync(buffer);
            for (var got = 0; got < buffer.Length;) got += await client.ReceiveAsync(buffer.AsMemory(got));
            took.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return took;
    }

    /// <summary>One way, counted at the end when the server has taken all.</summary>
    public static async Task<double> MegabytesPerSecondAsync(string address)
    {
        using var client = await ConnectAsync(address);
        var buffer = new byte[64 * 1024];
        var started = Stopwatch.GetTimestamp();
        for (var sent = 0L; sent < Bytes; sent += buffer.Length)
        {
            for (var at = 0; at < buffer.Length;) at += await client.SendAsync(buffer.AsMemory(at));
        }

        client.Shutdown(SocketShutdown.Send);
        while (await client.ReceiveAsync(buffer) > 0) ;
        return Bytes / 1e6 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private static async Task<Socket> ConnectAsync(string address)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPEndPoint.Parse(address));
        return client;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _ = EchoAsync(await _listener.AcceptSocketAsync());
        }
        catch (SocketException)
        {
            // Stopped.
        }
    }

    private static async Task EchoAsync(Socket client)
    {
        using (client)
        {
            client.NoDelay = true;
            var buffer = new byte[64 * 1024];
            while (await client.ReceiveAsync(buffer) is > 0 and var got)
            {
                if (got <= 64) await client.SendAsync(buffer.AsMemory(0, got));
            }
        }
    }
}
