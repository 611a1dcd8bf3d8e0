using System.Net;
using System.Net.Sockets;

namespace ZeroK.Transport;

internal sealed class TcpConnection : IConnection
{
    private readonly Socket _socket;

    public TcpConnection(Socket socket)
    {
        _socket = socket;
        socket.NoDelay = true;
        var address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        RemoteAddress = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    public TransportKind Kind => TransportKind.Tcp;

    public string RemoteAddress { get; }

    public bool HasStreams => false;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new TransportException("TCP: the connection is gone.", e);
        }
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new TransportException("TCP: the connection is gone.", e);
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new TransportException("TCP: the connection is gone.", e);
        }
    }

    public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("TCP has one stream.");

    public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("TCP has one stream.");

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
