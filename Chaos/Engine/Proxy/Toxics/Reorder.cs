namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Each datagram is held back by <c>delay</c> milliseconds with <c>percent</c> % chance, so that later ones pass it. A stream is left alone: TCP puts the order right itself.</summary>
public sealed class Reorder(double probability, double delayMs) : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (link.Carrier == Carrier.Stream || !link.Chance(probability))
        {
            emit(piece);
            return;
        }

        link.Hit();
        emit(piece.Later(TimeSpan.FromMilliseconds(delayMs)));
    }
}
