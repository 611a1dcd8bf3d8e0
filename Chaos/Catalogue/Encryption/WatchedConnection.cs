using ZeroK.Transport;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>Notes what its owner does with a connection: the largest buffer that it reads into, and whether it was closed.</summary>
internal sealed class WatchedConnection(IConnection inner) : IConnection
{
    private int _offered;

    /// <summary>The handshake is over: what follows is not counted.</summary>
    public bool IsSession { get; set; }

    /// <summary>The largest buffer given to <see cref="ReceiveAsync"/> during the handshake, bytes.</summary>
    public int OfferedBytesMax => Volatile.Read(ref _offered);

    public bool IsDisposed { get; private set; }

    public TransportKind Kind => inner.Kind;

    public string RemoteAddress => inner.RemoteAddress;

    public bool HasStreams => inner.HasStreams;

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => inner.SendAsync(bytes, cancellationToken);

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsSession && buffer.Length > _offered) Volatile.Write(ref _offered, buffer.Length);
        return inner.ReceiveAsync(buffer, cancellationToken);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => inner.CompleteAsync(cancellationToken);

    public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => inner.OpenStreamAsync(cancellationToken);

    public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => inner.AcceptStreamAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return inner.DisposeAsync();
    }
}
