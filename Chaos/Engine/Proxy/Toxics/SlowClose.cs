namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>The end of a stream arrives <c>delay</c> milliseconds later; the bytes don't.</summary>
public sealed class SlowClose(double delayMs) : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (piece.Kind == PieceKind.Data)
        {
            emit(piece);
            return;
        }

        link.Hit();
        emit(piece.Later(TimeSpan.FromMilliseconds(delayMs)));
    }
}
