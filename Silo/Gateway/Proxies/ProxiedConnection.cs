using ZeroK.Transport;

namespace ZeroK.Gateway.Proxies;

/// <summary>A connection that a proxy passed on: its bytes are the proxy's, its address is the client's.</summary>
internal sealed class ProxiedConnection(IConnection connection, string remoteAddress) : IConnection
{
    public TransportKind Kind => connection.Kind;

    public string RemoteAddress => remoteAddress;

    public bool HasStreams => connection.HasStreams;

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => connection.SendAsync(bytes, cancellationToken);

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => connection.ReceiveAsync(buffer, cancellationToken);

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => connection.CompleteAsync(cancellationToken);

    public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => connection.OpenStreamAsync(cancellationToken);

    public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => connection.AcceptStreamAsync(cancellationToken);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
