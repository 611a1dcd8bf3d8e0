namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>The connection is reset, at once or after <c>timeout</c> milliseconds; until then nothing gets through. Datagrams are dropped.</summary>
public sealed class ResetPeer(double timeoutMs) : Toxic
{
    /// <inheritdoc/>
    public override bool BreaksStreamOnRemoval => true;

    /// <inheritdoc/>
    public override void Start(TimeSpan now, ToxicLink link, PieceSink emit)
    {
        if (link.Carrier == Carrier.Datagram) return;
        link.Hit();
        emit(new Piece(PieceKind.Reset, default, now + TimeSpan.FromMilliseconds(timeoutMs)));
    }

    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit) => link.Hit();
}
