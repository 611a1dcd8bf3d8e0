namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Does nothing. The template for a new toxic.</summary>
public sealed class Noop : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit) => emit(piece);
}
