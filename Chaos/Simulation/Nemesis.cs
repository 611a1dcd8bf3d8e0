namespace ZeroK.Chaos.Simulation;

/// <summary>Injects the faults that come by themselves: now and then one of the table. One more fault is one row.</summary>
internal sealed class Nemesis
{
    private readonly World _world;
    private readonly Plan _plan;
    private readonly IReadOnlyList<SimDevice> _devices;
    private readonly IReadOnlyList<SimRelay> _relays;
    private readonly (string What, Action Inject)[] _table;

    public Nemesis(World world, Plan plan, IReadOnlyList<SimDevice> devices, IReadOnlyList<SimRelay> relays)
    {
        (_world, _plan, _devices, _relays) = (world, plan, devices, relays);
        _table =
        [
            ("device is killed", () => Device().Die()),
            ("relay is killed", () => Relay().Crash(_world.Between(10_000, 4_000_000))),
            ("sessions are reset", () => Relay().Reset()),
            ("partition", () => Device().Cut(_world.Dice, _world.NowUs + _world.Between(100_000, 12_000_000))),
            ("store is down", () => Relay().StoreDown(_world.Between(50_000, 3_000_000))),
            ("second activation", () => Relay().Duplicate(pauses: false)),
            ("activation stands still and another takes over", () => Relay().Duplicate(pauses: true)),
            ("activation goes", () => Relay().Deactivate()),
            ("a device's clock jumps", () => Device().Clock.Jump += Jump()),
            ("a relay's clock jumps", () => Relay().SetClock(Jump())),
        ];
        Next();
    }

    private void Next() => _world.After(_world.Between(_plan.FaultEveryUs / 2, _plan.FaultEveryUs * 3 / 2), () =>
    {
        if (_world.IsHealing) return;
        var (what, inject) = _table[_world.Dice.Next(_table.Length)];
        _world.Injected(what);
        inject();
        Next();
    });

    private SimDevice Device() => _devices[_world.Dice.Next(_devices.Count)];

    private SimRelay Relay() => _relays[_world.Dice.Next(_relays.Count)];

    private TimeSpan Jump() => TimeSpan.FromSeconds(_world.Between(-600, 600));
}
