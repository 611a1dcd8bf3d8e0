using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>One activation of the group: what the grain does around <see cref="GroupState"/>, with callbacks instead of tasks.</summary>
internal sealed class Activation
{
    private static readonly Guid Group = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    private readonly World _world;
    private readonly SimRelay _relay;
    private readonly IGroupStore _store;
    private readonly PlantedBug _bug;
    private readonly List<Pending> _tail = [];
    private GroupState? _state;
    private ErrorCode _gaveUp;
    private bool _writesSoon;

    public Activation(World world, SimRelay relay, IGroupStore store, PlantedBug bug)
    {
        (_world, _relay, _store, _bug) = (world, relay, store, bug);
        if (relay.StoreIsDown)
        {
            GiveUp(ErrorCode.StoreUnavailable);
            return;
        }

        if (Now(store.TakeOverAsync(Group, CancellationToken.None)) is { } snapshot) _state = GroupState.Load(Group, snapshot, relay.Options);
        world.Note("activation", relay.Index, (long)(_state?.Head.Value ?? 0));
    }

    /// <summary>Gives no more answers from its state: the next call makes another.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Its process died: what it had not handed over yet never gets to the store.</summary>
    public bool IsCut { get; private set; }

    public long PausedUntilUs { get; set; }

    public long LastCommitUs { get; set; }

    public void Kill(bool cut) => (IsGone, IsCut) = (true, cut);

    public void Deactivate()
    {
        if (IsGone) return;
        IsGone = true;
        if (_gaveUp == ErrorCode.None && _state is not null) Commit(_ => { });
    }

    public void Hello(DeviceId device, Hello hello, Action<WireMessage> answer)
    {
        if (_gaveUp != ErrorCode.None)
        {
            answer(Refusal(_gaveUp));
            return;
        }

        if (_state is null)
        {
            if (!hello.CreateGroup)
            {
                IsGone = true;
                answer(Refusal(ErrorCode.UnknownGroup));
                return;
            }

            _state = GroupState.Create(Group, LogId(), hello.AdmissionKey.ToArray(), _relay.Options);
        }

        var decision = _state.Hello(device, hello.AdmissionKey.Span, [], _relay.NowMs);
        if (decision.Code != ErrorCode.None)
        {
            answer(Refusal(decision.Code));
            return;
        }

        Wait(_bug.AnswersUnconfirmed, ok => answer(ok ? WelcomeOf(decision) : Refusal(_gaveUp)));
    }

    public void Push(DeviceId device, Push push, Action<WireMessage> answer)
    {
        if (Enter(device) is var code && code != ErrorCode.None)
        {
            answer(Refusal(code));
            return;
        }

        var items = push.Blobs.Select(b => new PushItem(b.Id.ToArray(), b.Sequence, b.Envelope.ToArray())).ToArray();
        var decision = _state!.Push(device, items, _relay.NowMs);
        var ack = new PushAck([.. decision.Results.Select((r, i) => new PushResult(push.Blobs[i].Id, r.Code, new Cursor(r.Cursor), r.ReceivedAtMs, r.RetryAfterMs))]);
        var isRefused = !_bug.AnswersUnconfirmed && decision.Results.Any(r => r.Code is not (ErrorCode.None or ErrorCode.BlobTooLarge or ErrorCode.RelayOverloaded));
        if (decision.Appended == 0 && isRefused) _state.Touch();
        var isDurable = decision.Appended == 0 && !isRefused && decision.WaitFor <= _state.Head;
        if (_bug.AnswersBeforeDurable && !isDurable)
        {
            answer(ack);
            Commit(_ => { });
            return;
        }

        Wait(isDurable, ok =>
        {
            answer(ok ? ack : Refusal(_gaveUp));
            if (!ok || !_bug.ForgetsAlone || _state.Devices().Count > 1) return;
            _state.Delete(device, [.. push.Blobs.Select(b => b.Id)]);
            Commit(_ => { });
        });
    }

    public void Pull(DeviceId device, Pull pull, Action<WireMessage> answer)
    {
        if (Enter(device) is var code && code != ErrorCode.None)
        {
            answer(Refusal(code));
            return;
        }

        if (pull.After > _state!.Head && !_bug.AnswersUnconfirmed)
        {
            _state.Touch();
            Commit(ok =>
            {
                if (ok) Show(device, pull, answer);
                else answer(Refusal(_gaveUp));
            });
            return;
        }

        Show(device, pull, answer);
    }

    private void Show(DeviceId device, Pull pull, Action<WireMessage> answer)
    {
        var page = _state!.Pull(device, pull.After, pull.MaxBlobs, pull.MaxBytes);
        var bodies = _relay.StoreIsDown ? [] : Now(_store.ReadBodiesAsync(Group, [.. page.Entries.Where(e => e.State == BlobState.Present).Select(e => e.Cursor)], CancellationToken.None)).ToDictionary(b => b.Cursor, b => b.Body);
        var blobs = new List<PulledBlob>(page.Entries.Count);
        foreach (var e in page.Entries)
        {
            ReadOnlyMemory<byte> body = default;
            if (e.State == BlobState.Present && !bodies.TryGetValue(e.Cursor, out body))
            {
                answer(Refusal(ErrorCode.StoreUnavailable));
                return;
            }

            blobs.Add(new PulledBlob(e.Cursor, e.State, e.Sender, e.Sequence, e.Blob, e.ReceivedAtMs, body));
        }

        answer(new PullResponse(page.Start, page.Through, page.Head, page.ExpiredThrough, blobs));
    }

    public void Ack(DeviceId device, Cursor through)
    {
        if (Enter(device) == ErrorCode.None && _state!.Ack(device, through) == ErrorCode.None) WriteSoon();
    }

    public void Presence(DeviceId device, Action<WireMessage> answer)
    {
        var code = Enter(device);
        answer(code == ErrorCode.None ? new Presence(PresenceState.Active, _state!.Head, _relay.NowMs, 1) : Refusal(code));
    }

    public void Expire()
    {
        if (_gaveUp == ErrorCode.None && _state is not null && _state.Expire(_relay.NowMs, 1000, _relay.ClockSteps) > 0) Commit(_ => { });
    }

    private Welcome WelcomeOf(HelloDecision decision) => new(
        _state!.LogId, _state.Head, _state.HistoryStart, decision.Acked, decision.LastSequence, decision.LastBlob?.ToArray() ?? [], _relay.NowMs, (uint)decision.Devices, _relay.Limits);

    private ErrorCode Enter(DeviceId device)
    {
        if (_gaveUp != ErrorCode.None) return _gaveUp;
        var code = _state?.Admit(device, _relay.NowMs) ?? ErrorCode.Unauthorized;
        if (code != ErrorCode.Unauthorized || _bug.AnswersUnconfirmed) return code;
        GiveUp(ErrorCode.RelayOverloaded);
        return _gaveUp;
    }

    private void WriteSoon()
    {
        if (_writesSoon || !_state!.HasChanges) return;
        _writesSoon = true;
        _world.After(1_000_000, () =>
        {
            _writesSoon = false;
            if (_gaveUp == ErrorCode.None && !IsCut && _relay.IsUp) Commit(_ => { });
        });
    }

    // At once, or when all changes so far are durable.
    private void Wait(bool isDurable, Action<bool> then)
    {
        if (isDurable) then(true);
        else Commit(then);
    }

    private void Commit(Action<bool> then)
    {
        if (_state!.TakeCommit() is { } commit)
        {
            var pending = new Pending(commit);
            _tail.Add(pending);
            _relay.Commit(this, commit, taken =>
            {
                if (taken != true) GiveUp(taken is null ? ErrorCode.StoreUnavailable : ErrorCode.RelayOverloaded);
                pending.IsOver = true;
                Settle();
            });
        }

        if (_tail.Count == 0) then(_gaveUp == ErrorCode.None);
        else _tail[^1].Waiters.Add(then);
    }

    // In the order of the commits: a cursor is readable when all before it are durable too.
    private void Settle()
    {
        while (_tail.Count > 0 && (_tail[0].IsOver || _gaveUp != ErrorCode.None))
        {
            var done = _tail[0];
            _tail.RemoveAt(0);
            if (_gaveUp == ErrorCode.None)
            {
                _state!.Committed(done.Commit);
                if (done.Commit.Appends.Count > 0) _relay.TellHead(_state.Head);
            }

            foreach (var waiter in done.Waiters) waiter(_gaveUp == ErrorCode.None);
        }
    }

    private void GiveUp(ErrorCode why)
    {
        if (_gaveUp == ErrorCode.None) _gaveUp = why;
        IsGone = true;
    }

    private byte[] LogId()
    {
        var id = new byte[16];
        _world.Dice.NextBytes(id);
        return id;
    }

    private static ErrorMessage Refusal(ErrorCode code) => new(code, 100, "");

    // The in-memory store answers at once.
    private static T Now<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private sealed class Pending(GroupCommit commit)
    {
        public GroupCommit Commit => commit;

        public bool IsOver { get; set; }

        public List<Action<bool>> Waiters { get; } = [];
    }
}
