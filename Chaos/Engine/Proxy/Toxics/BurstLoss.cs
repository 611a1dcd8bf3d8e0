namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Loss in bursts, by the Gilbert-Elliott model: a good state that loses nothing and a bad state that loses all. <c>percent</c> is the mean loss, <c>correlation</c> how much one loss makes the next more likely.</summary>
/// <remarks>With mean p and correlation c: bad stays bad with p + c(1 − p), good turns bad with p(1 − c). So the stationary loss is p, and c = 0 is independent loss.</remarks>
public sealed class BurstLoss(double mean, double correlation, double retransmitMs) : Toxic
{
    private bool _bad;

    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (link.Carrier == Carrier.Stream) Segments.Delay(piece, retransmitMs, () => Step(link), link, emit);
        else if (Step(link)) link.Hit();
        else emit(piece);
    }

    private bool Step(ToxicLink link)
    {
        _bad = link.Chance(_bad ? mean + (correlation * (1 - mean)) : mean * (1 - correlation));
        return _bad;
    }
}
