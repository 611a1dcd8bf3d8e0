namespace ZeroK.Transport;

/// <summary>One side of one stream of an in-memory connection.</summary>
/// <param name="owner">The side of the connection.</param>
/// <param name="network">The network.</param>
/// <param name="stream">0: the main stream; else the extra one's number.</param>
/// <param name="incoming">What this side reads.</param>
/// <param name="outgoing">What it writes.</param>
internal sealed class MemoryByteStream(MemoryConnection owner, MemoryNetwork network, int stream, MemoryPipe incoming, MemoryPipe outgoing) : IByteStream
{
    private readonly Random _chance = network.Chance(owner.Number, owner.Sends, stream);
    private volatile bool _disposed;
    private volatile bool _completed;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var passed = await network.PassAsync(owner, stream, bytes).ConfigureAwait(false);
        if (!passed.IsEmpty) await outgoing.WriteAsync(passed, network.Latency + network.Jitter * _chance.NextDouble(), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return incoming.ReadAsync(buffer, cancellationToken);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        _completed = true;
        outgoing.Complete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends this stream alone: as in QUIC, what was completed still arrives.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        if (!_completed) outgoing.Abort();
        incoming.Abort();
        owner.Forget(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends it with its connection: what was not read is lost.</summary>
    public void Abort()
    {
        _disposed = true;
        outgoing.Abort();
        incoming.Abort();
    }

    private void ThrowIfDisposed()
    {
        if (_disposed) throw new TransportException("In memory: the stream is gone.");
    }
}
