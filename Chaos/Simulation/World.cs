namespace ZeroK.Chaos.Simulation;

/// <summary>Time, chance and what is to happen: everything in one thread, and all of it follows from the seed.</summary>
internal sealed class World(long seed, TextWriter? trace)
{
    private const ulong FnvOffset = 14695981039346656037, FnvPrime = 1099511628211;
    private readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    private long _order;

    /// <summary>Virtual microseconds since the history began.</summary>
    public long NowUs { get; private set; }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Faults injected so far.</summary>
    public int Faults { get; private set; }

    /// <summary>No fault any more: what is broken gets well.</summary>
    public bool IsHealing { get; set; }

    /// <summary>A digest of all that was noted: two runs of one seed have the same.</summary>
    public ulong Fingerprint { get; private set; } = FnvOffset;

    public Random Dice { get; } = new(unchecked((int)(seed ^ (seed >> 32))));

    /// <summary>Does something later. Things of one moment happen in the order in which they were asked for.</summary>
    public void After(long us, Action what) => _queue.Enqueue(what, (NowUs + Math.Max(0, us), _order++));

    /// <summary>Does the next thing.</summary>
    /// <returns>False if nothing is left up to a time.</returns>
    public bool Step(long untilUs)
    {
        if (!_queue.TryPeek(out _, out var next) || next.At > untilUs)
        {
            NowUs = Math.Max(NowUs, untilUs);
            return false;
        }

        var what = _queue.Dequeue();
        NowUs = next.At;
        Steps++;
        what();
        return true;
    }

    public long Between(long from, long to) => from + Dice.NextInt64(to - from + 1);

    public bool Chance(double probability) => Dice.NextDouble() < probability;

    /// <summary>Chance of a fault: none when healing.</summary>
    public bool Fault(double probability, string what)
    {
        if (!Chance(probability) || IsHealing) return false;
        Injected(what);
        return true;
    }

    /// <summary>A fault is injected.</summary>
    public void Injected(string what, long a = 0, long b = 0)
    {
        Faults++;
        Note(what, a, b);
    }

    /// <summary>Something happened: part of the fingerprint, and of the trace if one is written.</summary>
    public void Note(string what, long a = 0, long b = 0)
    {
        foreach (var letter in what) Mix(letter);
        Mix((ulong)a);
        Mix((ulong)b);
        Mix((ulong)NowUs);
        trace?.WriteLine(FormattableString.Invariant($"{NowUs / 1e6,12:F6}  {what} {a} {b}"));
    }

    private void Mix(ulong value) => Fingerprint = unchecked((Fingerprint ^ value) * FnvPrime);
}

/// <summary>A party's clock: the world's, and its wall time may jump.</summary>
internal sealed class PartyClock(World world) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the wall time is off.</summary>
    public TimeSpan Jump { get; set; }

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => world.NowUs;

    public override DateTimeOffset GetUtcNow() => Epoch + TimeSpan.FromMicroseconds(world.NowUs) + Jump;
}
