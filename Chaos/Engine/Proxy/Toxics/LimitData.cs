namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Lets <c>bytes</c> bytes through, then closes the link; of datagrams, only whole ones, and the rest is dropped.</summary>
public sealed class LimitData(long bytes) : Toxic
{
    private long _left = bytes;

    /// <inheritdoc/>
    public override bool BreaksStreamOnRemoval => _left <= 0;

    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (piece.Kind != PieceKind.Data)
        {
            emit(piece);
            return;
        }

        if (_left >= piece.Bytes.Length)
        {
            _left -= piece.Bytes.Length;
            emit(piece);
            if (_left > 0 || link.Carrier == Carrier.Datagram) return;
            link.Hit();
            emit(new Piece(PieceKind.Close, default, piece.Due));
            return;
        }

        link.Hit();
        if (link.Carrier == Carrier.Datagram) return;
        if (_left > 0) emit(piece with { Bytes = piece.Bytes[..(int)_left] });
        _left = 0;
        emit(new Piece(PieceKind.Close, default, piece.Due));
    }
}
