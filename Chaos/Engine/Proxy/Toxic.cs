namespace ZeroK.Chaos.Proxy;

/// <summary>One fault on one direction of one link. Pure: pieces in, pieces out, with time and chance passed in; the link does the waiting and the I/O.</summary>
/// <remarks>A toxic never lets a piece out before the time it came in with, and does no harm beyond what its row in <see cref="Toxics.ToxicKinds"/> says.</remarks>
public abstract class Toxic
{
    /// <summary>Bytes that may wait behind this toxic before the link stops reading; a slow line has a short queue.</summary>
    public virtual int QueueBytesMax => int.MaxValue;

    /// <summary>Whether a link that this toxic has touched must be closed when the toxic goes, because bytes are missing from it.</summary>
    public virtual bool BreaksStreamOnRemoval => false;

    /// <summary>Whether it keeps pieces back until it is removed.</summary>
    public virtual bool Holds => false;

    /// <summary>Called once, when the toxic begins to act on the link at <paramref name="now"/>. What it emits is taken back when the toxic is removed first.</summary>
    public virtual void Start(TimeSpan now, ToxicLink link, PieceSink emit)
    {
    }

    /// <summary>Decides what becomes of a piece: emits it, changed, later, several times, or not at all.</summary>
    public abstract void Apply(Piece piece, ToxicLink link, PieceSink emit);
}

/// <summary>What a toxic knows of the link that it acts on.</summary>
/// <param name="carrier">The medium.</param>
/// <param name="random">This toxic's own chance on this link: seeded, so that the n-th decision is the same in a replay.</param>
public sealed class ToxicLink(Carrier carrier, Random random)
{
    private long _hits;

    /// <summary>The medium.</summary>
    public Carrier Carrier { get; } = carrier;

    /// <summary>Seeded chance. Never use another.</summary>
    public Random Random { get; } = random;

    /// <summary>How often the toxic did harm.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Says that the toxic did harm to a piece.</summary>
    public void Hit() => Interlocked.Increment(ref _hits);

    /// <summary>True with this probability, 0 to 1.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;
}
