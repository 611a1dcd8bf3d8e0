namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Each datagram is lost with <c>percent</c> % chance, independently. On a stream: the retransmissions that this would cost (see <see cref="Segments"/>).</summary>
public sealed class Loss(double probability, double retransmitMs) : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (link.Carrier == Carrier.Stream) Segments.Delay(piece, retransmitMs, () => link.Chance(probability), link, emit);
        else if (link.Chance(probability)) link.Hit();
        else emit(piece);
    }
}
