using Microsoft.Extensions.Logging.Abstractions;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>A relay: its sessions, the activations of its one group, and its store. The activations run the production's <see cref="GroupState"/> on the production's in-memory store, which fences as the others do.</summary>
internal sealed class SimRelay
{
    // By then the cluster's membership has told the node of a superseded activation that it is out.
    private const long SupersededUs = 15_000_000;
    private readonly World _world;
    private readonly Plan _plan;
    private readonly PlantedBug _bug;
    private readonly List<Connection> _sessions = [];
    private readonly List<Activation> _live = [];
    private IGroupStore _store;
    private RelayClock _watch;
    private readonly Liar _liar;
    private long _storeDownUntilUs;
    private int _life;

    public SimRelay(World world, int index, Plan plan, PlantedBug bug)
    {
        (_world, Index, _plan, _bug) = (world, index, plan, bug);
        Clock = new PartyClock(world);
        _store = bug.Store(new MemoryDisk());
        _watch = Watch();
        _liar = new Liar(world, plan.Lie);
        Options = new GroupOptions { TimeToLive = plan.TimeToLive, PullBlobsMax = plan.PageBlobs };
        Fingerprint = new byte[32];
        Fingerprint[0] = (byte)(index + 1);
        Sweep();
    }

    public int Index { get; }

    public byte[] Fingerprint { get; }

    public bool IsUp { get; private set; } = true;

    public PartyClock Clock { get; }

    public GroupOptions Options { get; }

    public ulong NowMs => (ulong)Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>How its clock was set.</summary>
    public ClockSteps ClockSteps => _watch.LookAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult().Steps;

    public bool StoreIsDown => _world.NowUs < _storeDownUntilUs;

    public RelayLimits Limits => new(1 << 20, (uint)_plan.PushBlobs, 1 << 20, (uint)_plan.PageBlobs, 1 << 20, 1 << 30, (uint)_plan.TimeToLive.TotalSeconds, 5);

    public void Open(Connection session) => _sessions.Add(session);

    /// <summary>A message of a session. Calls to the group may overtake each other and come twice.</summary>
    public void Take(Connection session, uint id, WireMessage message)
    {
        var isLate = _world.Fault(_plan.CallFault, "late call");
        _world.After(isLate ? _world.Between(100, 400_000) : 50, () => Handle(session, id, message));
        if (message is Push or Ack && _world.Fault(_plan.CallFault, "double call")) _world.After(_world.Between(100, 400_000), () => Handle(session, id, message));
    }

    /// <summary>The process dies: sessions and activations go; of what was on its way to the store, a part still gets there.</summary>
    public void Crash(long downUs)
    {
        if (!IsUp) return;
        (IsUp, _life) = (false, _life + 1);
        foreach (var session in _sessions) session.CloseByRelay("the relay died");
        foreach (var activation in _live) activation.Kill(_world.Chance(0.5));
        _sessions.Clear();
        _live.Clear();
        _world.After(downUs, () =>
        {
            IsUp = true;
            _watch = Watch();
            _world.Note("relay is back", Index);
        });
    }

    /// <summary>Its clock is set. A relay that runs has written that down long before a time to live is over.</summary>
    public void SetClock(TimeSpan by)
    {
        Clock.Jump += by;
        if (IsUp) _watch.KeepAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>The store answers nothing for a while.</summary>
    public void StoreDown(long us) => _storeDownUntilUs = Math.Max(_storeDownUntilUs, _world.NowUs + us);

    /// <summary>A second activation of the group takes over while the first still gets calls; the first may stand still meanwhile.</summary>
    public void Duplicate(bool pauses)
    {
        _live.RemoveAll(a => a.IsGone);
        if (!IsUp || _live.Count != 1) return;
        var old = _live[0];
        if (pauses) old.PausedUntilUs = _world.NowUs + _world.Between(100_000, 8_000_000);
        _world.After(SupersededUs, () => old.Kill(cut: false));
        _live.Add(new Activation(_world, this, _store, _bug));
    }

    /// <summary>The group's activation goes, as an idle one does.</summary>
    public void Deactivate()
    {
        foreach (var activation in _live) activation.Deactivate();
    }

    /// <summary>Its disk is lost; it goes on with an empty one.</summary>
    public void Lose()
    {
        _world.Injected("the relay loses its data");
        foreach (var session in _sessions) session.CloseByRelay("the relay lost its data");
        foreach (var activation in _live) activation.Kill(cut: true);
        _sessions.Clear();
        _live.Clear();
        _life++;
        _store = _bug.Store(new MemoryDisk());
        _watch = Watch();
    }

    public void Reset()
    {
        foreach (var session in _sessions.Where(s => s.RelayOpen).ToList())
            if (_world.Chance(0.5)) session.CloseByRelay("reset");
    }

    /// <summary>NOTIFY to all sessions; some get lost.</summary>
    public void TellHead(Cursor head)
    {
        _sessions.RemoveAll(s => !s.RelayOpen);
        foreach (var session in _sessions)
            if (session.IsGreeted && !_world.Fault(_plan.CallFault, "lost notify")) session.Down(0, new Notify(head));
    }

    /// <summary>Hands a commit to the store, which applies the commits of one activation in the order of the calls.</summary>
    public void Commit(Activation by, GroupCommit commit, Action<bool?> done)
    {
        var life = _life;
        var at = Math.Max(by.LastCommitUs + 1, _world.NowUs + _world.Between(100, 5000));
        by.LastCommitUs = at;
        _world.After(at - _world.NowUs, () =>
        {
            if (by.IsCut) return;
            bool? taken = null;
            var fails = StoreIsDown || _world.Fault(_plan.StoreFault, "store fault");
            if (!fails || _world.Chance(0.5) && !StoreIsDown) taken = _store.CommitAsync(commit, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            if (taken == true) _world.Note("committed", (long)commit.Row.LastCursor.Value, commit.Appends.Count);
            if (fails) taken = null;
            _world.After(_world.Between(10, 2000), () =>
            {
                if (life == _life) done(taken);
            });
        });
    }

    private void Handle(Connection session, uint id, WireMessage message)
    {
        if (!IsUp || !session.RelayOpen) return;
        var activation = Route();
        if (activation.PausedUntilUs > _world.NowUs)
        {
            _world.After(activation.PausedUntilUs - _world.NowUs, () => HandleBy(activation, session, id, message));
            return;
        }

        HandleBy(activation, session, id, message);
    }

    private void HandleBy(Activation activation, Connection session, uint id, WireMessage message)
    {
        if (!IsUp || !session.RelayOpen || activation.IsGone && activation.IsCut) return;
        var device = session.Device.Id;
        switch (message)
        {
            case Hello hello:
                activation.Hello(device, hello, answer =>
                {
                    session.IsGreeted = answer is Welcome;
                    session.Down(id, answer is Welcome welcome ? Hinted(_liar.Greet(welcome)) : answer);
                });
                break;
            case Push push:
                if (_liar.Answers(device, push) is { } lie) session.Down(id, lie);
                else activation.Push(device, push, answer => session.Down(id, answer));
                break;
            case Pull pull:
                activation.Pull(device, pull, answer => session.Down(id, answer is PullResponse page ? _liar.Show(page) : answer));
                break;
            case Ack ack:
                activation.Ack(device, ack.Through);
                break;
            case Presence:
                activation.Presence(device, answer => session.Down(id, answer));
                break;
            default:
                throw new InvalidOperationException($"No row for {message.GetType().Name}.");
        }
    }

    private Welcome Hinted(Welcome welcome) => _plan.HasHints && _world.Chance(0.7) ? welcome with { Hint = "node.example:4840" } : welcome;

    private RelayClock Watch()
    {
        var watch = new RelayClock(_store, Clock, NullLogger<RelayClock>.Instance);
        watch.KeepAsync(CancellationToken.None).GetAwaiter().GetResult();
        return watch;
    }

    private Activation Route()
    {
        _live.RemoveAll(a => a.IsGone);
        if (_live.Count == 0) _live.Add(new Activation(_world, this, _store, _bug));
        return _live[_live.Count == 1 ? 0 : _world.Dice.Next(_live.Count)];
    }

    private void Sweep() => _world.After(2_000_000, () =>
    {
        if (IsUp)
        {
            foreach (var activation in _live.ToList()) activation.Expire();
            if (!StoreIsDown) _watch.KeepAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        Sweep();
    });
}
