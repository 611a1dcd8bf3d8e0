namespace ZeroK.Transport;

internal sealed class MemoryConnection(MemoryNetwork network, int number, MemoryDirection sends, MemoryPipe incoming, MemoryPipe outgoing) : IConnection
{
    private readonly Random _chance = network.Chance(number, sends);
    private volatile bool _disposed;

    public int Number => number;

    public TransportKind Kind => TransportKind.Memory;

    public string RemoteAddress => "memory";

    public bool HasStreams => false;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var passed = await network.PassAsync(this, sends, bytes).ConfigureAwait(false);
        if (!passed.IsEmpty) await outgoing.WriteAsync(passed, network.Latency + network.Jitter * _chance.NextDouble(), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return incoming.ReadAsync(buffer, cancellationToken);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        outgoing.Complete();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("The in-memory transport has one stream.");

    public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("The in-memory transport has one stream.");

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        outgoing.Abort();
        incoming.Abort();
        return ValueTask.CompletedTask;
    }

    private void ThrowIfDisposed()
    {
        if (_disposed) throw new TransportException("In memory: the connection is gone.");
    }
}
