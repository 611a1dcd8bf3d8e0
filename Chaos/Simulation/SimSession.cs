using ZeroK.Client;
using ZeroK.Client.Session;
using ZeroK.Client.Sync;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>A device's session with one relay: carries out what the production's <see cref="SessionMachine"/>, <see cref="PushMachine"/> and <see cref="PullPlan"/> decide.</summary>
internal sealed partial class SimSession(World world, SimDevice device, int index, SimRelay relay, Path path, PlantedBug bug)
{
    private readonly SessionMachine _machine = new(device.Relays[index], device.Options.BackoffFirst, device.Options.BackoffMax);
    private readonly Dictionary<uint, long> _asked = [];
    private Connection? _connection;
    private PullPlan _plan = new(Cursor.Zero);
    private Cursor _pullAfter, _headAtPull;
    private uint _lastId, _pullId;
    private int _attempt;
    private DateTimeOffset _answersSince;
    private Welcome? _welcome;

    private bool IsOpen => _machine.State is SyncState.Syncing or SyncState.Live;

    public void Start() => Tell(new SessionInput.Start());

    /// <summary>The device died.</summary>
    public void Drop()
    {
        _attempt++;
        CloseConnections();
    }

    /// <summary>As the set of relays asks.</summary>
    public RelayHealth Health
    {
        get
        {
            var now = device.Clock.GetUtcNow();
            var isSilent = IsOpen && _asked.Count > 0 && world.NowUs - _asked.Values.Min() >= device.Options.FailOverAfter.TotalMicroseconds;
            if (isSilent) _answersSince = now;
            var since = _machine.ConnectedAt > _answersSince ? _machine.ConnectedAt.Value : _answersSince;
            var isReady = _machine.ConnectedAt is not null && !isSilent;
            return new RelayHealth(isReady, isReady ? now - since : TimeSpan.Zero, _machine.HasFailed || isSilent, _machine.State == SyncState.Refused, device.Outbox!.Lane(index).Problem is null);
        }
    }

    public void Broken(Connection connection, string why)
    {
        if (connection == _connection) Do(() => Fail(false, ErrorCode.None, why));
        else if (connection == _moving) Do(() => Stay(connection));
    }

    public void Take(Connection connection, uint id, WireMessage message)
    {
        if (connection == _moving) Do(() => TakeAtNode(connection, message));
        if (connection != _connection || _moving is not null) return;
        Do(() =>
        {
            _asked.Remove(id);
            Take(id, message);
            Pump();
        });
    }

    // As the driver does around each piece of its work: what fails ends the session, and the device lives.
    private void Do(Action step) => device.Do(() =>
    {
        try
        {
            step();
        }
        catch (SessionFailedException e)
        {
            Tell(e.Failure);
        }
        catch (IOException e) when (!device.Disk.IsDead)
        {
            Fail(false, ErrorCode.None, e.Message);
        }
    });

    /// <summary>Sends what can be sent.</summary>
    public void Pump()
    {
        if (!IsOpen || _connection is null) return;
        try
        {
            PumpPull();
            Push(new PushInput.Changed());
        }
        catch (IOException e) when (!device.Disk.IsDead)
        {
            Fail(false, ErrorCode.None, e.Message);
        }
    }

    private void PumpPull()
    {
        var inbox = device.Inbox!;
        if (_plan.Ack(bug.AckTarget(device, index, inbox.AckTarget(index))) is { } target)
        {
            device.Promises.Acknowledges(device.Relays[index].Fingerprint, target, device.Disk.Quarantine);
            _connection!.Up(0, new Ack(target));
            _plan.AckSent(target);
        }

        var head = inbox.Relay(index).Head;
        var isBehind = bug.IsBehind(PullPlan.IsBehind(inbox.IsRead(index), inbox.Fetched(index), head), head, _headAtPull);
        if (_plan.Standing(isBehind) is { } standing) Tell(standing);
        if (!isBehind || _pullId != 0 || PullPlan.Room(inbox.WaitingBytes, device.Options.PrefetchBytes, relay.Limits.PullBytesMax) is not { } bytes) return;
        (_pullAfter, _headAtPull) = (bug.PullAfter(device, index, inbox.Fetched(index)), head);
        _pullId = Ask(new Pull(_pullAfter, relay.Limits.PullBlobsMax, bytes));
    }

    private void Take(uint id, WireMessage message)
    {
        switch (message)
        {
            case Welcome welcome when _machine.State == SyncState.Handshaking:
                _welcome = welcome = bug.Welcome(device, index, welcome);
                Tell(new SessionInput.Welcomed(RelayEndpoint.TryParse(welcome.Hint, out var hint) ? hint : null));
                break;
            case ErrorMessage error when _machine.State == SyncState.Handshaking:
                throw SessionFailedException.Of(error.Code, error.RetryAfterMs);
            case Notify notify:
                device.Inbox!.HeadMoved(index, notify.Head);
                break;
            case Presence presence:
                device.Inbox!.HeadMoved(index, presence.Head);
                break;
            default:
                if (id == _pullId) TakePage(message);
                else TakeAnswer(id, message);
                break;
        }
    }

    private void TakePage(WireMessage message)
    {
        _pullId = 0;
        switch (message)
        {
            case PullResponse page when PageRules.Problem(_pullAfter, page) is { } problem:
                device.Happened(new RelayMisbehaved(device.Clock.GetUtcNow(), problem));
                throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, problem);
            case PullResponse page:
                world.Note(FormattableString.Invariant($"page of relay {index}, {page.Start.Value} to {page.Through.Value} of {page.Head.Value}, expired {page.ExpiredThrough.Value}:"), device.Index, page.Blobs.Count);
                device.Inbox!.Take(index, page, _headAtPull);
                device.AppReads();
                break;
            case ErrorMessage error when ErrorCodes.RetryOf(error.Code) != Retry.Never:
                // Not before the wait is over.
                _pullId = uint.MaxValue;
                Later(100_000 + error.RetryAfterMs * 1000L, () => _pullId = 0);
                break;
            default:
                throw SessionFailedException.Of(((ErrorMessage)message).Code, 0);
        }
    }

    private void Tell(SessionInput input)
    {
        foreach (var effect in _machine.Step(input, device.Clock.GetUtcNow(), world.Dice.NextDouble())) Execute(effect);
        device.Review();
    }

    private void Execute(SessionEffect effect)
    {
        switch (effect)
        {
            case SessionEffect.Dial:
                device.Outbox!.Stopped(index, null);
                Dial();
                break;
            case SessionEffect.Greet:
                _connection = Greet(mayCreate: device.Recreates || device.Inbox!.Relay(index).LogId.IsEmpty);
                Later((long)device.Options.ConnectTimeout.TotalMicroseconds, () =>
                {
                    if (_machine.State == SyncState.Handshaking && _welcome is null) Fail(false, ErrorCode.None, "no WELCOME in time");
                });
                break;
            case SessionEffect.Follow:
                Follow();
                break;
            case SessionEffect.Sync:
                Sync(_welcome!);
                break;
            case SessionEffect.Close:
                Close();
                break;
            case SessionEffect.Wait wait:
                Later((long)wait.Delay.TotalMicroseconds, () => Tell(new SessionInput.Elapsed()));
                break;
            case SessionEffect.Tell tell:
                if (tell.Happened is Refused refused) device.Outbox!.Stopped(index, new SyncException(refused.Code, refused.WhatToDo));
                device.Happened(tell.Happened);
                break;
            default:
                throw new InvalidOperationException($"No row for {effect.GetType().Name}.");
        }
    }

    private void Dial() => Later(path.IsBlocked ? (long)device.Options.ConnectTimeout.TotalMicroseconds : path.Latency(), () =>
    {
        if (relay.IsUp && !path.IsBlocked) Tell(new SessionInput.Dialed(TransportKind.Tcp, null));
        else Fail(false, ErrorCode.None, "no connection");
    });

    private void Sync(Welcome welcome)
    {
        world.Note(FormattableString.Invariant($"session with relay {index}, history from {welcome.HistoryStart.Value}:"), device.Index, (long)welcome.Head.Value);
        device.Welcomed(index, welcome);
        device.Inbox!.Welcomed(index, welcome);
        _plan = new PullPlan(welcome.Acked);
        var outbox = device.Outbox!;
        var (last, delivered) = (outbox.Counters.LastSequence, outbox.Lane(index).State.Delivered);
        outbox.TryAgain(index);
        var own = welcome.LastSequence > delivered && welcome.LastSequence <= last ? outbox.Read(welcome.LastSequence, 1, 1) : [];
        var known = WelcomeRules.Compare(welcome.LastSequence, welcome.LastBlob.Span, last, delivered, own.Count == 1 ? own[0].Id.ToArray() : []);
        if (known == DeviceKnown.Same) BeginPush(welcome, delivered);
        else device.Happened(new StateRestoredFromCopy(device.Clock.GetUtcNow(), last, welcome.LastSequence));
        bug.SessionBegan(device, index);
        KeepAlive();
        Pump();
    }

    private void KeepAlive() => Later(5_000_000, () =>
    {
        if (!IsOpen) return;
        Ask(new Presence(PresenceState.Active, Cursor.Zero, 0, 0));
        KeepAlive();
    });

    private void Close()
    {
        _attempt++;
        CloseConnections();
        _push = null;
        _sendings.Clear();
        _asked.Clear();
        (_pullId, _welcome, _headAtPull) = (0, null, Cursor.Zero);
    }

    private uint Ask(WireMessage message)
    {
        var id = ++_lastId;
        _asked[id] = world.NowUs;
        _connection!.Up(id, message);
        Later((long)device.Options.RequestTimeout.TotalMicroseconds, () =>
        {
            if (_asked.ContainsKey(id)) Fail(false, ErrorCode.None, "no answer in time");
        });
        return id;
    }

    private void Fail(bool isPermanent, ErrorCode code, string why) => Tell(new SessionInput.Failed(isPermanent, code, 0, why));

    // In this attempt and this life only.
    private void Later(long us, Action what)
    {
        var (attempt, life) = (_attempt, device.Life);
        world.After(us, () =>
        {
            if (attempt != _attempt || life != device.Life) return;
            Do(() =>
            {
                what();
                Pump();
            });
        });
    }
}
