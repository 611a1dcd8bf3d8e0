namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Flips one bit of a piece with <c>percent</c> % chance: what a broken middle box does past the checksums.</summary>
public sealed class Corrupt(double probability) : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (piece.Kind != PieceKind.Data || piece.Bytes.IsEmpty || !link.Chance(probability))
        {
            emit(piece);
            return;
        }

        var changed = piece.Bytes.ToArray();
        var bit = link.Random.Next(changed.Length * 8);
        changed[bit / 8] ^= (byte)(1 << (bit % 8));
        link.Hit();
        emit(piece with { Bytes = changed });
    }
}
