namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>A line of <c>rate</c> kilobytes (1,000 bytes) a second with a queue of one second's worth. Rate 0: nothing but the end gets through, as with Toxiproxy: pieces wait.</summary>
/// <remarks>A stream waits for room in the queue; datagrams that find it full are dropped, as a router does.</remarks>
public sealed class Bandwidth(double rateKilobytesPerSecond) : Toxic
{
    private const int SliceMs = 100;
    private const int QueueBytesMin = 4096;

    private readonly double _bytesPerSecond = rateKilobytesPerSecond * 1000;
    private TimeSpan _free;

    /// <inheritdoc/>
    public override int QueueBytesMax => (int)Math.Clamp(_bytesPerSecond, QueueBytesMin, int.MaxValue);

    /// <inheritdoc/>
    public override bool Holds => _bytesPerSecond <= 0;

    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (piece.Kind != PieceKind.Data || piece.Bytes.IsEmpty)
        {
            emit(piece);
            return;
        }

        if (_bytesPerSecond <= 0)
        {
            link.Hit();
            if (link.Carrier == Carrier.Stream) emit(piece with { Due = Piece.Held });
            return;
        }

        if (link.Carrier == Carrier.Datagram)
        {
            var waiting = (_free - piece.Due).TotalSeconds * _bytesPerSecond;
            link.Hit();
            if (waiting <= QueueBytesMax) emit(Take(piece));
            return;
        }

        var slice = Math.Max(1, (int)(_bytesPerSecond * SliceMs / 1000));
        for (var at = 0; at < piece.Bytes.Length; at += slice)
        {
            link.Hit();
            emit(Take(piece with { Bytes = piece.Bytes.Slice(at, Math.Min(slice, piece.Bytes.Length - at)) }));
        }
    }

    // The line is busy until the last bit has left: that is when the piece arrives.
    private Piece Take(Piece piece)
    {
        if (piece.Due == Piece.Held) return piece;
        _free = (_free > piece.Due ? _free : piece.Due) + TimeSpan.FromSeconds(piece.Bytes.Length / _bytesPerSecond);
        return piece with { Due = _free };
    }
}
