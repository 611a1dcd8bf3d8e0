using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ZeroK.Chaos.Proxy;

/// <summary>Receives datagrams for a proxy and keeps clients apart by their address.</summary>
internal sealed class UdpProxyListener : IProxyListener
{
    private const int DatagramBytesMax = 65_535;
    private const int SocketBufferBytes = 4 * 1024 * 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<IPEndPoint, UdpLink> _links = new();
    private readonly Socket _socket;
    private readonly Task _receiving;

    public UdpProxyListener(IPEndPoint listen, IPEndPoint upstream, ChaosProxy proxy)
    {
        _socket = new Socket(listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = SocketBufferBytes, SendBufferSize = SocketBufferBytes };
        try
        {
            _socket.Bind(listen);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        _receiving = Task.Run(() => ReceiveAsync(upstream, proxy));
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _receiving.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ReceiveAsync(IPEndPoint upstream, ChaosProxy proxy)
    {
        var buffer = new byte[DatagramBytesMax];
        var any = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, any, _stop.Token).ConfigureAwait(false);
                if (Find((IPEndPoint)received.RemoteEndPoint, upstream, proxy) is { } link) link.Receive(buffer.AsSpan(0, received.ReceivedBytes).ToArray());
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // An ICMP message about an earlier reply: the listener goes on.
                proxy.CountRefused();
            }
        }
    }

    private UdpLink? Find(IPEndPoint client, IPEndPoint upstream, ChaosProxy proxy)
    {
        if (_links.TryGetValue(client, out var link) && !link.Ended.IsCompleted) return link;
        UdpLink? made = null;
        if (!proxy.TryAdd(number => made = new UdpLink(_socket, client, upstream, proxy, number))) return null;
        _links[client] = made!;
        _ = made!.Ended.ContinueWith(_ => _links.TryRemove(new(client, made)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return made;
    }
}
