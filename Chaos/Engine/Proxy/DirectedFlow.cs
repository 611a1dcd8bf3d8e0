namespace ZeroK.Chaos.Proxy;

/// <summary>One direction of one link: the toxics, the queue behind them, and what passed.</summary>
internal sealed class DirectedFlow
{
    private readonly Lock _lock = new();
    private readonly ToxicChain _chain;
    private readonly PieceQueue _queue;
    private readonly int _queueBytesMax;

    public DirectedFlow(Carrier carrier, Direction direction, ChaosProxy proxy, string linkName, long linkNumber, long startedAt)
    {
        _chain = new ToxicChain(carrier, direction, proxy.Seed, linkName);
        _queue = new PieceQueue(ordered: carrier == Carrier.Stream, proxy.Time, startedAt);
        _queueBytesMax = proxy.Options.QueueBytesMax;
        Direction = direction;
        Capture = new Capture(proxy.Options.CaptureBytesMax);
        _chain.Update(proxy.Toxics, proxy.Options.Hook?.Invoke(linkNumber, direction), _queue.Now, _queue.Add);
    }

    public Direction Direction { get; }

    /// <summary>What came in, before any toxic.</summary>
    public Capture Capture { get; }

    /// <summary>Follows a change of the proxy's toxics.</summary>
    /// <returns>Whether the link must be closed, because a toxic that went had taken bytes out of it.</returns>
    public bool Update(IReadOnlyList<ToxicSpec> specs)
    {
        lock (_lock)
        {
            var gone = _chain.Update(specs, null, _queue.Now, _queue.Add);
            if (gone.Count > 0) _queue.Flush(gone, _chain.Holds);
            return gone.Any(t => t.BreaksStreamOnRemoval);
        }
    }

    public void Enter(PieceKind kind, ReadOnlyMemory<byte> bytes)
    {
        if (kind == PieceKind.Data) Capture.Add(bytes.Span);
        lock (_lock) _chain.Process(new Piece(kind, bytes, _queue.Now), _queue.Add);
    }

    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken) => _queue.WaitForRoomAsync(RoomBytes, cancellationToken);

    /// <summary>Whether more may come in now; a datagram that finds no room is dropped.</summary>
    public bool HasRoom => _queue.Bytes < RoomBytes();

    public ValueTask<Piece> NextAsync(CancellationToken cancellationToken) => _queue.NextAsync(cancellationToken);

    public IReadOnlyList<(string Name, long Hits)> Hits()
    {
        lock (_lock) return [.. _chain.Hits()];
    }

    private int RoomBytes()
    {
        lock (_lock) return Math.Min(_queueBytesMax, _chain.QueueBytesMax);
    }
}

/// <summary>The first bytes that one direction of one link carried, for judges that look for what must not be there.</summary>
public sealed class Capture
{
    private readonly Lock _lock = new();
    private readonly System.Buffers.ArrayBufferWriter<byte> _bytes = new();
    private readonly int _bytesMax;

    internal Capture(int bytesMax) => _bytesMax = bytesMax;

    /// <summary>How many bytes came in all, also beyond what was kept.</summary>
    public long Total { get; private set; }

    /// <summary>What was kept.</summary>
    public byte[] ToArray()
    {
        lock (_lock) return _bytes.WrittenSpan.ToArray();
    }

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            Total += bytes.Length;
            System.Buffers.BuffersExtensions.Write(_bytes, bytes[..(int)Math.Clamp(_bytesMax - _bytes.WrittenCount, 0, bytes.Length)]);
        }
    }
}
