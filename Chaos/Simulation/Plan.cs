namespace ZeroK.Chaos.Simulation;

/// <summary>What one history is made of. Drawn from its seed.</summary>
internal sealed record Plan
{
    public required int Devices { get; init; }
    public required int Relays { get; init; }

    /// <summary>Faults come for so long, then all is healed.</summary>
    public required long FaultyUs { get; init; }

    /// <summary>How often, in microseconds, something of the nemesis happens.</summary>
    public required long FaultEveryUs { get; init; }

    /// <summary>How often a device pushes.</summary>
    public required long PushEveryUs { get; init; }

    /// <summary>Chance that a step of a device's disk fails, or that the device dies at it.</summary>
    public required double DiskFault { get; init; }

    /// <summary>Chance that a commit of a relay's store fails.</summary>
    public required double StoreFault { get; init; }

    /// <summary>Chance that a call inside the relay is late or comes twice.</summary>
    public required double CallFault { get; init; }

    public required long LatencyUs { get; init; }
    public required int PageBlobs { get; init; }
    public required int PushBlobs { get; init; }

    /// <summary>One device can't open what it gets until all is healed.</summary>
    public required bool HasLocked { get; init; }

    /// <summary>The relays are clusters, and send devices to a better node.</summary>
    public bool HasHints { get; init; }

    /// <summary>One device joins in the middle.</summary>
    public required bool HasLate { get; init; }

    /// <summary>Time to live on the relays; long in most histories.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>One device is alone in the group first, and pushes; a second joins, and then the others.</summary>
    public bool HasLoner { get; init; }

    /// <summary>The relay loses all its data and begins a new log.</summary>
    public bool HasLoss { get; init; }

    /// <summary>One device's chain is broken: a blob of it names another predecessor than the one that it pushed.</summary>
    public bool HasBrokenChain { get; init; }

    /// <summary>The relay lies in this way; none in most histories.</summary>
    public required Lie Lie { get; init; }

    public static Plan Of(Random dice)
    {
        var lies = dice.Next(10) == 0;
        return new Plan
        {
            Devices = dice.Next(2, 5),
            Relays = lies || dice.Next(3) > 0 ? 1 : 2,
            FaultyUs = dice.Next(3, 16) * 1_000_000L,
            FaultEveryUs = dice.Next(2) == 0 ? dice.Next(100_000, 600_000) : dice.Next(600_000, 4_000_000),
            PushEveryUs = dice.Next(300_000, 3_000_000),
            DiskFault = dice.Next(3) == 0 ? 0 : dice.NextDouble() * 0.03,
            StoreFault = dice.Next(3) == 0 ? 0 : dice.NextDouble() * 0.05,
            CallFault = dice.Next(3) == 0 ? 0 : dice.NextDouble() * 0.05,
            LatencyUs = dice.Next(3) == 0 ? dice.Next(20_000, 300_000) : dice.Next(500, 20_000),
            PageBlobs = dice.Next(1, 9),
            PushBlobs = dice.Next(1, 9),
            HasLocked = dice.Next(6) == 0,
            HasLate = dice.Next(6) == 0,
            TimeToLive = dice.Next(8) == 0 && !lies ? TimeSpan.FromSeconds(dice.Next(5, 20)) : TimeSpan.FromDays(7),
            Lie = lies ? (Lie)dice.Next(1, (int)Lie.Overtake) : Lie.None,
        };
    }
}

/// <summary>What some seeds have besides, of the seed itself: so that the others are what they were before there was any of it.</summary>
internal static class SpecialPlans
{
    public static Plan With(this Plan plan, long seed) => (seed % 32) switch
    {
        3 or 19 => plan with { Relays = 1, Lie = Lie.None, HasLate = false, TimeToLive = TimeSpan.FromDays(7), HasLoner = true },
        5 or 13 => plan with { Relays = 1, Lie = Lie.None, HasLate = false, HasLocked = false, TimeToLive = TimeSpan.FromDays(7), HasLoss = true },
        7 or 15 => plan with { Relays = 1, Lie = Lie.Omit, HasLate = false, HasLocked = false, DiskFault = 0, TimeToLive = TimeSpan.FromDays(7), HasBrokenChain = true },
        6 or 14 => plan with { Relays = 1, Lie = Lie.Overtake, HasLate = false, TimeToLive = TimeSpan.FromDays(7) },
        _ => plan with { HasHints = Simulator.HasHints(seed) },
    };
}

/// <summary>What a lying relay does, now and then.</summary>
internal enum Lie
{
    None = 0,
    /// <summary>A blob is told to be forgotten though the reader has not got it.</summary>
    Omit,
    /// <summary>A blob comes again at a later cursor.</summary>
    Replay,
    /// <summary>Two blobs of a page change places.</summary>
    Swap,
    /// <summary>A bit of a blob is changed.</summary>
    Corrupt,
    /// <summary>A page leaves out a cursor.</summary>
    Hole,
    /// <summary>A push is acknowledged and thrown away.</summary>
    Discard,
    /// <summary>A session is told an older head.</summary>
    Rollback,
    /// <summary>A push is refused, and the one behind it acknowledged. Not drawn: see <see cref="SpecialPlans"/>.</summary>
    Overtake,
}
