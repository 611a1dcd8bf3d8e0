using System.Globalization;
using ZeroK.Chaos.History;

namespace ZeroK.Chaos.Simulation;

/// <summary>What came of one history.</summary>
/// <param name="Seed">Replays it.</param>
/// <param name="Findings">What is wrong; empty if nothing.</param>
/// <param name="Fingerprint">A digest of all that happened.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Faults">Faults injected.</param>
/// <param name="Pushes">Blobs pushed.</param>
internal sealed record SimulationOutcome(long Seed, IReadOnlyList<string> Findings, ulong Fingerprint, long Steps, int Faults, int Pushes)
{
    public bool Passed => Findings.Count == 0;
}

/// <summary>Runs one history: joining in peace, a time of faults, healing, the judges.</summary>
internal static class Simulator
{
    private const long HealUs = 900_000_000;

    public static SimulationOutcome Run(long seed, PlantedBug? bug = null, TextWriter? trace = null)
    {
        var world = new World(seed, trace);
        var plan = Plan.Of(world.Dice).With(seed);
        trace?.WriteLine(plan);
        var history = new HistoryRecorder(new PartyClock(world));
        bug ??= new PlantedBug();
        var relays = Enumerable.Range(0, plan.Relays).Select(i => new SimRelay(world, i, plan, bug)).ToList();
        var devices = Enumerable.Range(0, plan.Devices).Select(i => new SimDevice(world, i, plan, [.. relays.Select(r => (r, new Path(world, plan.LatencyUs)))], history, bug)).ToList();
        var late = plan.HasLate && plan.Devices > 2 ? devices[^1] : null;
        Join(world, plan, devices.Where(d => d != late).ToList());
        if (plan.HasLocked)
        {
            devices[0].IsLocked = true;
            devices[0].Die();
        }

        if (plan.HasLoss) world.After(world.Between(300_000, plan.FaultyUs / 2), relays[0].Lose);
        if (plan.HasBrokenChain) world.After(world.Between(plan.FaultyUs / 4, plan.FaultyUs / 2), devices[0].BreakChain);
        _ = new Nemesis(world, plan, devices, relays);
        foreach (var device in devices) Push(world, plan, device);
        var endUs = world.NowUs + plan.FaultyUs;
        if (late is not null) world.After(world.Between(0, plan.FaultyUs), late.Start);
        while (world.Step(endUs)) { }
        Heal(world, plan, devices, relays);
        foreach (var device in devices) device.Ended();
        var run = history.Snapshot();
        return new SimulationOutcome(seed, SimulationJudges.Findings(plan, run, devices, late), world.Fingerprint, world.Steps, world.Faults, run.Pushes.Count);
    }

    /// <summary>One history in eight has hints: of the seed itself, so that the others are what they were before there were any.</summary>
    internal static bool HasHints(long seed) => seed % 8 == 1;

    private static void Join(World world, Plan plan, List<SimDevice> devices)
    {
        world.IsHealing = true;
        if (plan.HasLoner)
        {
            devices[0].Start();
            Until(world, 30_000_000, () => devices[0].HasJoined);
            devices[0].Push(SimulationJudges.LonerBlobs);
            Until(world, 30_000_000, () => devices[0].IsDone);
            devices[1].Start();
            Until(world, 30_000_000, () => devices[1].HasJoined && devices[1].IsDone);
        }

        foreach (var device in devices) device.Start();
        Until(world, 30_000_000, () => devices.TrueForAll(d => d.HasJoined));
        world.IsHealing = false;
    }

    private static void Heal(World world, Plan plan, List<SimDevice> devices, List<SimRelay> relays)
    {
        world.IsHealing = true;
        world.Note("healing");
        foreach (var device in devices) device.Join();
        foreach (var device in devices.Where(d => d.IsLocked))
        {
            device.IsLocked = false;
            device.Die();
        }

        Until(world, HealUs, () => relays.TrueForAll(r => r.IsUp) && devices.TrueForAll(d => d.IsDone));

        // What one has pushed last may not have been seen by the others when all were done first.
        Until(world, 12_000_000, () => false);
        Until(world, HealUs, () => devices.TrueForAll(d => d.IsDone));
        world.Note("end", plan.Devices);
    }

    private static void Until(World world, long atMostUs, Func<bool> isOver)
    {
        var end = world.NowUs + atMostUs;
        while (world.NowUs < end && !isOver())
        {
            var slice = Math.Min(end, world.NowUs + 200_000);
            while (world.Step(slice)) { }
        }
    }

    private static void Push(World world, Plan plan, SimDevice device) => world.After(world.Between(0, plan.PushEveryUs), () =>
    {
        if (world.IsHealing) return;
        device.Push(world.Dice.Next(1, 4));
        Push(world, plan, device);
    });

    /// <summary>How a person runs it again.</summary>
    public static string Replay(long seed) => string.Create(CultureInfo.InvariantCulture, $"dotnet run --project Chaos -c Release -- simulate --seed {seed}");
}
