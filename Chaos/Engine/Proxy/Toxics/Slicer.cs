namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Cuts a stream into pieces of <c>average_size</c> ± <c>size_variation</c> bytes, each <c>delay</c> microseconds after the one before. Datagrams stay whole.</summary>
public sealed class Slicer(int averageBytes, int variationBytes, double delayMicroseconds) : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (piece.Kind != PieceKind.Data || link.Carrier == Carrier.Datagram)
        {
            emit(piece);
            return;
        }

        var rest = piece.Bytes;
        var due = TimeSpan.Zero;
        while (rest.Length > 0)
        {
            var size = Math.Clamp(averageBytes + link.Random.Next(-variationBytes, variationBytes + 1), 1, rest.Length);
            emit((piece with { Bytes = rest[..size] }).Later(due));
            rest = rest[size..];
            due += TimeSpan.FromMicroseconds(delayMicroseconds);
            link.Hit();
        }
    }
}
