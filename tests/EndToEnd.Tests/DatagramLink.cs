using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ZeroK.EndToEnd.Tests;

/// <summary>A way to a relay that carries datagrams only: what comes through it came over QUIC.</summary>
internal sealed class DatagramLink : IAsyncDisposable
{
    private const int DatagramBytesMax = 65_535;

    // A burst may come while this machine is busy with others.
    private const int QueueBytes = 4 * 1024 * 1024;

    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<EndPoint, Socket> _far = new();
    private readonly Socket _near = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = QueueBytes };
    private readonly IPEndPoint _target;
    private readonly Task _carrying;

    public DatagramLink(int target)
    {
        _target = new IPEndPoint(IPAddress.Loopback, target);
        _near.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _carrying = CarryUpAsync();
    }

    public int Port => ((IPEndPoint)_near.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _carrying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _near.Dispose();
        foreach (var far in _far.Values) far.Dispose();
        _ending.Dispose();
    }

    private async Task CarryUpAsync()
    {
        var buffer = new byte[DatagramBytesMax];
        while (true)
        {
            var came = await _near.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _ending.Token);
            if (!_far.TryGetValue(came.RemoteEndPoint, out var far))
            {
                far = _far[came.RemoteEndPoint] = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = QueueBytes };
                await far.ConnectAsync(_target, _ending.Token);
                _ = CarryDownAsync(far, came.RemoteEndPoint);
            }

            await far.SendAsync(buffer.AsMemory(0, came.ReceivedBytes), _ending.Token);
        }
    }

    private async Task CarryDownAsync(Socket far, EndPoint to)
    {
        var buffer = new byte[DatagramBytesMax];
        try
        {
            while (true) await _near.SendToAsync(buffer.AsMemory(0, await far.ReceiveAsync(buffer, _ending.Token)), to, _ending.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The device or the test ends.
        }
    }
}
