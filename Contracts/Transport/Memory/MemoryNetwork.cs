using System.Collections.Concurrent;
using System.Threading.Channels;

namespace ZeroK.Transport;

/// <summary>A network in this process: listeners by name, connections without sockets. For tests and simulations.</summary>
public sealed class MemoryNetwork : ITransport
{
    private readonly ConcurrentDictionary<string, MemoryListener> _listeners = new();

    private int _connections;

    /// <summary>Bytes that a direction holds before the sender waits. Default 64 KiB.</summary>
    public int BytesMax { get; init; } = 64 * 1024;

    /// <summary>The clock of <see cref="Latency"/>. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long each chunk is on its way. Default 0.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Up to so much more, by chance out of <see cref="Seed"/>. Order is kept. Default 0.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Makes <see cref="Jitter"/> the same in each run. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Whether its connections have extra streams, as QUIC's have. Default true.</summary>
    public bool HasStreams { get; init; } = true;

    /// <summary>Sees each chunk (one a send) before it is delivered; may pass it on, change it, hold it back, drop it (empty) or cut the connection. Null: everything passes.</summary>
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
        var number = Interlocked.Increment(ref _connections);
        var (client, relay) = MemoryConnection.Pair(this, number);
        try
        {
            await listener.Waiting.Writer.WriteAsync(relay, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new TransportException($"In memory: nobody listens as '{endpoint.Host}'.", e);
        }

        return client;
    }

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default)
    {
        var listener = new MemoryListener(() => _listeners.TryRemove(address, out _));
        return _listeners.TryAdd(address, listener)
            ? ValueTask.FromResult<IListener>(listener)
            : throw new TransportException($"In memory: '{address}' is taken.");
    }

    internal ValueTask<ReadOnlyMemory<byte>> PassAsync(MemoryConnection sender, int stream, ReadOnlyMemory<byte> bytes) =>
        Tap is { } tap ? tap(new MemoryChunk(sender, sender.Number, sender.Sends, bytes) { Stream = stream }) : ValueTask.FromResult(bytes);

    /// <summary>One direction of a stream.</summary>
    internal MemoryPipe NewPipe() => new(BytesMax, Time);

    /// <summary>The seeded chance of one direction of one stream of one connection.</summary>
    internal Random Chance(int number, MemoryDirection direction, int stream) => new(unchecked((((Seed + (stream * 7919)) * 31) + number) * 2 + (int)direction));

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
/// <param name="Sender">The side that sends.</param>
/// <param name="Number">Which connection of the network: 1 for the first, the same on both sides.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Bytes">What was sent; valid until the tap returns.</param>
public sealed record MemoryChunk(IConnection Sender, int Number, MemoryDirection Direction, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Which stream: 0, the main one; 1 for the first extra one that this side or its peer opened.</summary>
    public int Stream { get; init; }
}
