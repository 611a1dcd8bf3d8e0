using System.Net;
using System.Net.Sockets;

namespace ZeroK.Transport;

internal sealed class TcpListener(Socket socket) : IListener
{
    private volatile bool _disposed;

    public TransportKind Kind => TransportKind.Tcp;

    public int Port { get; } = ((IPEndPoint)socket.LocalEndPoint!).Port;

    public async ValueTask<IConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                return new TcpConnection(await socket.AcceptAsync(cancellationToken).ConfigureAwait(false));
            }
            catch (SocketException e) when (!_disposed && e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                // Out of descriptors: the waiting connection stays in the backlog; try again when some may be free.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException) when (!_disposed)
            {
                // This one was gone before it was accepted; the next one may not be.
                TransportInstruments.AcceptFailed(TransportKind.Tcp);
            }
            catch (Exception) when (_disposed)
            {
                throw new ObjectDisposedException(nameof(TcpListener));
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
