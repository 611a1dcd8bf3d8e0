namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Nothing gets through; after <c>timeout</c> milliseconds the link is closed. With 0 it stays open until the toxic is removed, and is closed then, since bytes are missing.</summary>
public sealed class Timeout(double timeoutMs) : Toxic
{
    private bool _dropped;

    /// <inheritdoc/>
    public override bool BreaksStreamOnRemoval => _dropped;

    /// <inheritdoc/>
    public override void Start(TimeSpan now, ToxicLink link, PieceSink emit)
    {
        if (timeoutMs > 0 && link.Carrier == Carrier.Stream) emit(new Piece(PieceKind.Close, default, now + TimeSpan.FromMilliseconds(timeoutMs)));
    }

    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        _dropped = true;
        link.Hit();
    }
}
