namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>The cable is out: datagrams are lost; a stream's bytes, its end and its reset wait until the toxic is removed, as TCP would resend them. Healing is removing it.</summary>
public sealed class Partition : Toxic
{
    /// <inheritdoc/>
    public override bool Holds => true;

    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        link.Hit();
        if (link.Carrier == Carrier.Stream) emit(piece with { Due = Piece.Held });
    }
}
