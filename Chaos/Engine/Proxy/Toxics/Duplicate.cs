namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Each datagram comes twice with <c>percent</c> % chance. A stream is left alone: TCP drops copies itself.</summary>
public sealed class Duplicate(double probability) : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        emit(piece);
        if (link.Carrier == Carrier.Stream || !link.Chance(probability)) return;
        link.Hit();
        emit(piece);
    }
}
