using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ZeroK.Bench.Relay;

namespace ZeroK.Bench.Abuse;

/// <summary>32 addresses hold eight connections each and say nothing; what the relay closes is opened again.</summary>
internal sealed class SilentConnections : IAttack
{
    private const int Addresses = 32;
    private const int Each = 8;

    public string Name => "silent";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var opened = 0;
        await Task.WhenAll(Enumerable.Range(0, Addresses * Each).Select(i => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(new IPAddress(new byte[] { 127, 1, (byte)(i % Addresses), 1 }), 0));
                    await socket.ConnectAsync(IPAddress.Loopback, relay.Endpoint.Port, stop);
                    Interlocked.Increment(ref opened);
                    while (await socket.ReceiveAsync(new byte[256], stop) > 0) await Task.Yield();
                }
                catch (Exception e) when (Expected.Is(e))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                }
            }
        })));
        return string.Create(CultureInfo.InvariantCulture, $"{opened:#,0} connections from {Addresses} addresses");
    }
}
