using System.Net;
using System.Net.Sockets;

namespace ZeroK.Chaos.Proxy;

/// <summary>Accepts TCP connections for a proxy.</summary>
internal sealed class TcpProxyListener : IProxyListener
{
    private const int Backlog = 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _socket;
    private readonly Task _accepting;

    public TcpProxyListener(IPEndPoint listen, DnsEndPoint upstream, ChaosProxy proxy)
    {
        _socket = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(listen);
            _socket.Listen(Backlog);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        _accepting = Task.Run(() => AcceptAsync(upstream, proxy));
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync(DnsEndPoint upstream, ChaosProxy proxy)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                if (!proxy.TryAdd(number => new TcpLink(client, upstream, proxy, number))) client.Dispose();
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // One connection that was gone before it was accepted, or too many open files: the listener goes on.
                proxy.CountRefused();
            }
        }
    }
}
