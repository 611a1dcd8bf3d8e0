using System.Collections.Concurrent;
using System.Threading.Channels;

namespace ZeroK.Transport;

/// <summary>A network in this process: listeners by name, connections without sockets. For tests and simulations.</summary>
public sealed class MemoryNetwork : ITransport
{
    private readonly ConcurrentDictionary<string, MemoryListener> _listeners = new();

    /// <summary>Chunks (one a send) that a direction holds before the sender waits.</summary>
    public int ChunksMax { get; init; } = 64;

    /// <summary>Sees each chunk before it is delivered; may pass it on, change it, hold it back or cut the connection. Null: everything passes.</summary>
    public Func<MemoryChunk, ValueTask<ReadOnlyMemory<byte>>>? Tap { get; set; }

    /// <inheritdoc/>
    public TransportKind Kind => TransportKind.Memory;

    /// <inheritdoc/>
    public bool IsSupported(out string? why)
    {
        why = null;
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (!_listeners.TryGetValue(endpoint.Host, out var listener)) throw new TransportException($"In memory: nobody listens as '{endpoint.Host}'.");
        var (up, down) = (new MemoryPipe(ChunksMax), new MemoryPipe(ChunksMax));
        await listener.Waiting.Writer.WriteAsync(new MemoryConnection(this, MemoryDirection.ToClient, up, down), cancellationToken).ConfigureAwait(false);
        return new MemoryConnection(this, MemoryDirection.ToRelay, down, up);
    }

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default)
    {
        var listener = new MemoryListener(() => _listeners.TryRemove(address, out _));
        return _listeners.TryAdd(address, listener)
            ? ValueTask.FromResult<IListener>(listener)
            : throw new TransportException($"In memory: '{address}' is taken.");
    }

    internal ValueTask<ReadOnlyMemory<byte>> PassAsync(MemoryConnection connection, MemoryDirection direction, ReadOnlyMemory<byte> bytes) =>
        Tap is { } tap ? tap(new MemoryChunk(connection, direction, bytes)) : ValueTask.FromResult(bytes);

    private sealed class MemoryListener(Action removed) : IListener
    {
        public Channel<IConnection> Waiting { get; } = Channel.CreateBounded<IConnection>(512);

        public TransportKind Kind => TransportKind.Memory;

        public int Port => 0;

        public async ValueTask<IConnection> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return await Waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                throw new ObjectDisposedException(nameof(MemoryListener));
            }
        }

        public ValueTask DisposeAsync()
        {
            removed();
            Waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Which way a chunk goes.</summary>
public enum MemoryDirection
{
    /// <summary>From the side that connected.</summary>
    ToRelay = 0,
    /// <summary>From the side that accepted.</summary>
    ToClient,
}

/// <summary>A chunk on its way, for <see cref="MemoryNetwork.Tap"/>. Dispose of <paramref name="Sender"/> to cut the connection.</summary>
public sealed record MemoryChunk(IConnection Sender, MemoryDirection Direction, ReadOnlyMemory<byte> Bytes);
