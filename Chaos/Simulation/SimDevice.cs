using System.Globalization;
using System.Text;
using ZeroK.Chaos.History;
using ZeroK.Client;
using ZeroK.Client.Outbox;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Client.Sync;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>A device: the production's outbox, inbox and rules on a simulated disk, and an app that pushes, takes and acknowledges. It may die at any step and starts again from its disk.</summary>
internal sealed class SimDevice
{
    /// <summary>Why a late one may not get what is older.</summary>
    public const string JoinedLater = "joined later";

    private readonly World _world;
    private readonly Plan _plan;
    private readonly PlantedBug _bug;
    private readonly HistoryRecorder _history;
    private readonly IReadOnlyList<(SimRelay Relay, Path Path)> _ways;
    private readonly Dictionary<ulong, PushReceipt> _receipts = [];
    private readonly Queue<ReceivedBlob> _taken = [];
    private readonly HashSet<int> _welcomed = [];
    private int _primary, _texts;
    private bool _appActs, _breaksChain;
    private long _startedAtUs;

    public SimDevice(World world, int index, Plan plan, IReadOnlyList<(SimRelay Relay, Path Path)> ways, HistoryRecorder history, PlantedBug bug)
    {
        (_world, Index, _plan, _ways, _history, _bug) = (world, index, plan, ways, history, bug);
        Name = "device " + (index + 1).ToString(CultureInfo.InvariantCulture);
        var id = new byte[DeviceId.Size];
        id[0] = (byte)(index + 1);
        Id = new DeviceId(id);
        Clock = new PartyClock(world);
        Relays = [.. ways.Select(w => new RelayAddress("relay.example", 4840, w.Relay.Fingerprint))];
        Options = new SyncOptions
        {
            Time = Clock,
            BackoffFirst = TimeSpan.FromMilliseconds(100),
            BackoffMax = TimeSpan.FromSeconds(2),
            ConnectTimeout = TimeSpan.FromSeconds(3),
            RequestTimeout = TimeSpan.FromSeconds(6),
            FailOverAfter = TimeSpan.FromSeconds(2),
            FailBackAfter = TimeSpan.FromSeconds(4),
            PushWindowBlobs = 16,
            PushWindowBytes = 64 * 1024,
            PrefetchBytes = 64 * 1024,
        };
        Disk = new SimDisk(world, new MemoryStateStore(), 0, bug);
    }

    public int Index { get; }

    public string Name { get; }

    public DeviceId Id { get; }

    public PartyClock Clock { get; }

    public SyncOptions Options { get; }

    public IReadOnlyList<RelayAddress> Relays { get; }

    /// <summary>What it must keep at each moment.</summary>
    public DevicePromises Promises { get; } = new();

    /// <summary>It makes its group anew where a relay has lost it.</summary>
    public bool Recreates => _plan.HasLoss;

    /// <summary>The sequence of its blob that names another predecessor than the one before it; 0 for none.</summary>
    public ulong BrokenAt { get; private set; }

    /// <summary>Counts its lives.</summary>
    public int Life { get; private set; }

    public bool IsUp { get; private set; }

    /// <summary>It can't open what others seal, until its next start without this.</summary>
    public bool IsLocked { get; set; }

    public SimDisk Disk { get; private set; }

    public DurableOutbox? Outbox { get; private set; }

    public Inbox? Inbox { get; private set; }

    public IReadOnlyList<SimSession> Sessions { get; private set; } = [];

    /// <summary>What the app pushed under each sequence.</summary>
    public Dictionary<ulong, byte[]> Texts { get; } = [];

    /// <summary>What it told its app beyond connecting and failing.</summary>
    public List<SyncEvent> Events { get; } = [];

    /// <summary>It has said HELLO to every relay at least once.</summary>
    public bool HasJoined => _welcomed.Count == _ways.Count;

    public void Start()
    {
        if (IsUp) return;
        (IsUp, _primary, _startedAtUs) = (true, 0, _world.NowUs);
        Life++;
        _world.Note("device starts", Index, Life);
        Disk = Disk.Reopened(HasJoined ? _plan.DiskFault : 0);
        Do(() =>
        {
            try
            {
                Begin();
            }
            catch (IOException) when (!Disk.IsDead)
            {
                // The app could not open its state: it tries again later.
                Die();
            }
        });
    }

    private void Begin()
    {
        var hub = new EventHub(Happened);
        Outbox = new DurableOutbox(Disk, Broken(Disk.Load()), Relays, Secrets.Keys, Secrets.Group, Id, hub, Options);
        Inbox = new Inbox(Disk, Disk.Load(), Relays, IsLocked ? Secrets.Foreign : Secrets.Keys, Secrets.Group, Id, hub, Options);
        Sessions = [.. _ways.Select((w, i) => new SimSession(_world, this, i, w.Relay, w.Path, _bug))];
        _history.DurableThrough(Name, Outbox.Lane(0).State.Delivered);
        foreach (var session in Sessions) session.Start();
        AppReads();
    }

    /// <summary>It starts anew, and the next blob that it makes names a wrong predecessor: what a copy of its state would do.</summary>
    public void BreakChain()
    {
        _breaksChain = true;
        Die();
    }

    private StoredState Broken(StoredState stored)
    {
        if (!_breaksChain || stored.LastSequence == 0 || (BrokenAt > 0 && stored.LastSequence >= BrokenAt)) return stored;
        BrokenAt = stored.LastSequence + 1;
        return stored with { LastHash = [.. stored.LastHash.Select(b => (byte)~b)] };
    }

    /// <summary>kill -9.</summary>
    public void Die()
    {
        if (!IsUp) return;
        _world.Note("device dies", Index, Life);
        Disk.Die();
        IsUp = false;
        Life++;
        foreach (var session in Sessions) session.Drop();
        _receipts.Clear();
        _taken.Clear();
        _appActs = false;
        (Outbox, Inbox, Sessions) = (null, null, []);
        _world.After(_world.Between(10_000, _world.IsHealing ? 100_000 : 5_000_000), Start);
    }

    /// <summary>Nothing passes between it and some or all relays until a time.</summary>
    public void Cut(Random dice, long untilUs)
    {
        var only = dice.Next(-1, _ways.Count);
        for (var i = 0; i < _ways.Count; i++)
            if (only < 0 || only == i) _ways[i].Path.BlockedUntilUs = untilUs;
    }

    /// <summary>The network is whole again.</summary>
    public void Join()
    {
        foreach (var (_, path) in _ways) path.BlockedUntilUs = 0;
    }

    /// <summary>Does something of this device, unless it is dead; dies if its disk said so.</summary>
    public void Do(Action step)
    {
        if (!IsUp) return;
        try
        {
            step();
        }
        catch (Exception e) when (Disk.IsDead && e is IOException or SyncException or SessionFailedException)
        {
            // The process died in the middle of the step.
        }

        if (Disk.IsDead) Die();
    }

    /// <summary>The app pushes some blobs in one go.</summary>
    public void Push(int blobs) => Do(() =>
    {
        var batch = new List<DurableOutbox.Waiting>();
        for (var i = 0; i < blobs; i++)
        {
            var text = Encoding.ASCII.GetBytes(FormattableString.Invariant($"{Name} says {++_texts} {new string('.', _world.Dice.Next(0, 40))}"));
            _history.Attempted(Name, HistoryRecorder.Digest(null, text), _history.NowUs);
            batch.Add(new DurableOutbox.Waiting(text, null));
        }

        try
        {
            var receipts = Outbox!.Accept(batch);
            for (var i = 0; i < receipts.Length; i++)
            {
                var text = batch[i].Payload.ToArray();
                Texts[receipts[i].Sequence] = text;
                _receipts[receipts[i].Sequence] = receipts[i];
                _history.Pushed(Name, receipts[i].Sequence, HistoryRecorder.Digest(null, text), _history.NowUs);
                _world.Note("pushes", Index, (long)receipts[i].Sequence);
            }
        }
        catch (Exception e) when (e is IOException or SyncException && !Disk.IsDead)
        {
            _world.Note("push fails", Index);
        }

        PumpAll();
    });

    /// <summary>Some receipts may be complete.</summary>
    public void Acknowledged()
    {
        foreach (var (sequence, receipt) in _receipts.Where(r => r.Value.Durable.IsCompletedSuccessfully).ToList())
        {
            _receipts.Remove(sequence);
            _history.PushEnded(Name, sequence, CallOutcome.Acknowledged, _ways.Count == 1 ? receipt.Durable.Result.Value : 0);
            _world.Note("acknowledged", Index, (long)sequence);
        }
    }

    /// <summary>The app takes what has come and acknowledges it a little later, in order.</summary>
    public void AppReads()
    {
        while (Inbox!.TryHand() is { } blob)
        {
            _taken.Enqueue(blob);
            _world.Note("takes from " + NameOf(blob.Sender), Index, (long)blob.Sequence);
            _history.Delivered(Name, NameOf(blob.Sender), blob.Sequence, blob.Cursor.Value, HistoryRecorder.Digest(blob.Label, blob.Payload.Span));
        }

        if (_appActs || _taken.Count == 0) return;
        _appActs = true;
        var life = Life;
        _world.After(_world.Between(10, 30_000), () =>
        {
            if (life != Life) return;
            _appActs = false;
            Do(AppAcknowledges);
        });
    }

    public void Happened(SyncEvent happened)
    {
        if (happened is Connected or Disconnected or PrimaryChanged || !_bug.Tells(this, happened)) return;
        _world.Note(EventWords.Of(happened), Index);
        Events.Add(happened);
        if (happened is Expired expired) _history.Gap(Name, expired.First.Value, expired.Last.Value, "expired");
    }

    /// <summary>What a late one finds at its first WELCOME may have been forgotten before it came.</summary>
    public void Welcomed(int relay, Welcome welcome)
    {
        if (_welcomed.Add(relay) && welcome.Head.Value > 0) _history.Gap(Name, 1, welcome.Head.Value, JoinedLater);
    }

    /// <summary>Which relay is the primary, by the production's choice.</summary>
    public void Review()
    {
        if (Sessions.Count < 2 || Outbox is null) return;
        var (primary, again) = RelayChoice.Choose(_primary, Sessions.Select(s => s.Health).ToArray(), TimeSpan.FromMicroseconds(_world.NowUs - _startedAtUs), Options.HeadStart, Options.FailBackAfter);
        if (primary != _primary)
        {
            _primary = primary;
            _world.Note("primary", Index, primary);
            Outbox.SetPrimary(primary);
            Inbox!.Reader = primary;
            Acknowledged();
            PumpAll();
        }

        if (again is not { } wait) return;
        var life = Life;
        _world.After((long)wait.TotalMicroseconds + 1000, () =>
        {
            if (life == Life) Do(Review);
        });
    }

    /// <summary>Everything is sent, and everything that the relays have is with the app.</summary>
    public bool IsDone
    {
        get
        {
            if (!IsUp || Outbox is null || _taken.Count > 0) return false;
            var last = Outbox.Counters.LastSequence;
            for (var i = 0; i < _ways.Count; i++)
            {
                if (Outbox.Lane(i).State.Delivered < last || i == _primary && Inbox!.AckTarget(i) < Inbox.Relay(i).Head) return false;
            }

            return true;
        }
    }

    public void Ended() => _history.Ended(new EndState(
        Name, string.Join(' ', VectorRows()), Inbox?.AckTarget(_primary).Value ?? 0, Inbox?.Relay(_primary).Head.Value ?? 0, Outbox?.Counters.Blobs ?? -1));

    public void PumpAll()
    {
        foreach (var session in Sessions) session.Pump();
    }

    private void AppAcknowledges()
    {
        while (_taken.TryPeek(out var blob))
        {
            try
            {
                blob.AckAsync().AsTask().GetAwaiter().GetResult();
            }
            catch (IOException) when (!Disk.IsDead)
            {
                // The app tries again: acknowledging twice is no harm.
                AppReads();
                return;
            }

            _taken.Dequeue();
            _history.Acked(Name, NameOf(blob.Sender), blob.Sequence);
            _world.Note("has", Index, (long)blob.Sequence);
            if (_ways.Count == 1) _history.At(Name, Inbox!.Relay(0).Head.Value, Inbox.Relay(0).Received.Value);
        }

        PumpAll();
    }

    private IEnumerable<string> VectorRows()
    {
        var rows = Inbox?.Vector.Append(KeyValuePair.Create(Id, Outbox?.Counters.LastSequence ?? 0)) ?? [];
        return rows.Where(r => r.Value > 0).OrderBy(r => r.Key).Select(r => FormattableString.Invariant($"{NameOf(r.Key)}:{r.Value}"));
    }

    internal static string NameOf(DeviceId device) => "device " + device.ToArray()[0].ToString(CultureInfo.InvariantCulture);
}
