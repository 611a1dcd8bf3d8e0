namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Everything goes out <c>latency</c> ± <c>jitter</c> milliseconds later. A stream keeps its order; datagrams may pass each other when there is jitter.</summary>
public sealed class Latency(double latencyMs, double jitterMs) : Toxic
{
    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        var ms = latencyMs + (jitterMs > 0 ? ((link.Random.NextDouble() * 2) - 1) * jitterMs : 0);
        if (ms > 0) link.Hit();
        emit(piece.Later(TimeSpan.FromMilliseconds(Math.Max(0, ms))));
    }
}
