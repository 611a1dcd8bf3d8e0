using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>The way between one device and one relay.</summary>
internal sealed class Path(World world, long latencyUs)
{
    /// <summary>Nothing passes before.</summary>
    public long BlockedUntilUs { get; set; }

    public bool IsBlocked => world.NowUs < BlockedUntilUs;

    public long Latency() => world.Between(latencyUs / 4, latencyUs);
}

/// <summary>An encrypted session as the transports give it: both directions keep their order and lose nothing until it breaks; then a part of what was under way has arrived and the rest has not. The relay may read on after the device has gone.</summary>
internal sealed class Connection(World world, Path path, SimDevice device, SimSession session, SimRelay relay)
{
    private readonly Direction _up = new(), _down = new();

    public SimDevice Device => device;

    public bool ClientOpen { get; private set; } = true;

    public bool RelayOpen { get; private set; } = true;

    /// <summary>HELLO was answered with WELCOME.</summary>
    public bool IsGreeted { get; set; }

    public void Up(uint id, WireMessage message) => Send(_up, id, message, (i, m) =>
    {
        if (RelayOpen && relay.IsUp) relay.Take(this, i, m);
    });

    public void Down(uint id, WireMessage message)
    {
        if (!RelayOpen) return;
        Send(_down, id, message, (i, m) =>
        {
            if (ClientOpen) session.Take(this, i, m);
        });
    }

    /// <summary>The device closes, or dies. What it sent may still arrive, late.</summary>
    public void CloseByDevice()
    {
        ClientOpen = false;
        if (world.Chance(0.5)) RelayOpen = false;
        else world.After(world.Between(1000, 3_000_000), () => RelayOpen = false);
    }

    /// <summary>The relay closes, dies, or the network resets. The device may hear of it late.</summary>
    public void CloseByRelay(string why)
    {
        if (!RelayOpen) return;
        RelayOpen = false;
        world.After(world.Chance(0.8) ? path.Latency() : 30_000_000, () =>
        {
            if (ClientOpen) session.Broken(this, why);
        });
    }

    private void Send(Direction way, uint id, WireMessage message, Action<uint, WireMessage> arrive)
    {
        way.Waiting.Enqueue((world.NowUs + path.Latency(), id, message));
        if (way.Waiting.Count == 1) Schedule(way, arrive);
    }

    private void Schedule(Direction way, Action<uint, WireMessage> arrive)
    {
        var due = Math.Max(way.Waiting.Peek().DueUs, path.BlockedUntilUs);
        world.After(due - world.NowUs, () =>
        {
            if (path.IsBlocked)
            {
                Schedule(way, arrive);
                return;
            }

            var (_, id, message) = way.Waiting.Dequeue();
            arrive(id, message);
            if (way.Waiting.Count > 0) Schedule(way, arrive);
        });
    }

    private sealed class Direction
    {
        public Queue<(long DueUs, uint Id, WireMessage Message)> Waiting { get; } = new();
    }
}
