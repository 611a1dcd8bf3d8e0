using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>What happens to a session. One record a kind.</summary>
internal abstract record SessionInput
{
    internal sealed record Start : SessionInput;

    /// <summary>A transport connected.</summary>
    /// <param name="Way">To which of the relay's addresses; null: the first.</param>
    internal sealed record Dialed(TransportKind Kind, string? WhyNotQuic, RelayEndpoint? Way = null) : SessionInput;

    /// <summary>WELCOME came.</summary>
    /// <param name="Hint">Where this relay would rather have the session; null: here.</param>
    internal sealed record Welcomed(RelayEndpoint? Hint = null) : SessionInput;

    /// <summary>A session stands at the hinted address; the one before is left.</summary>
    internal sealed record Moved(TransportKind Kind, string? WhyNotQuic) : SessionInput;

    /// <summary>There is none at the hinted address; the session stays where it is.</summary>
    internal sealed record Stayed : SessionInput;

    /// <summary>Everything up to the head was fetched.</summary>
    internal sealed record CaughtUp : SessionInput;

    /// <summary>The head moved past what was fetched.</summary>
    internal sealed record Behind : SessionInput;

    /// <summary>Connecting failed, or the session ended.</summary>
    /// <param name="IsPermanent">Trying again would not help.</param>
    /// <param name="Reason">For a person: what is wrong and what to do.</param>
    internal sealed record Failed(bool IsPermanent, ErrorCode Code, uint RetryAfterMs, string Reason) : SessionInput
    {
        /// <summary>Who is at the address has another key than the relay's.</summary>
        public bool IsStranger { get; init; }
    }

    /// <summary>The wait is over.</summary>
    internal sealed record Elapsed : SessionInput;

    /// <summary>Somebody asks for a try now: the relay was pinned anew, the network is another, the app is back.</summary>
    internal sealed record Again : SessionInput;

    /// <summary>The app is suspended: close, and wait for Start.</summary>
    internal sealed record Pause : SessionInput;

    internal sealed record Stop : SessionInput;
}

/// <summary>What to do about it.</summary>
internal abstract record SessionEffect
{
    /// <summary>Connect a transport to the relay.</summary>
    /// <param name="Ways">Its addresses, in the order in which they are tried.</param>
    internal sealed record Dial(IReadOnlyList<RelayEndpoint> Ways) : SessionEffect;

    /// <summary>Handshake, HELLO.</summary>
    internal sealed record Greet : SessionEffect;

    /// <summary>Make a session at another address of the relay beside the one that stands, then say Moved or Stayed.</summary>
    internal sealed record Follow(RelayEndpoint Elsewhere) : SessionEffect;

    /// <summary>Push, pull, keep alive.</summary>
    internal sealed record Sync : SessionEffect;

    /// <summary>Close what is open.</summary>
    internal sealed record Close : SessionEffect;

    /// <summary>Wait, then say Elapsed.</summary>
    internal sealed record Wait(TimeSpan Delay) : SessionEffect;

    /// <summary>Tell the app.</summary>
    internal sealed record Tell(SyncEvent Happened) : SessionEffect;
}

/// <summary>The session's rules: which state, when to try again, when to stop. Pure: time and randomness are passed in.</summary>
internal sealed class SessionMachine(RelayAddress relay, TimeSpan backoffFirst, TimeSpan backoffMax, bool followsHints = true, IReadOnlyList<RelayEndpoint>? ways = null)
{
    private readonly WayRules _ways = new(ways ?? [relay.Endpoint]);
    /// <summary>When another program took the session: the first wait, and the longest. They double from one to the next.</summary>
    internal static readonly TimeSpan SharedWaitFirst = TimeSpan.FromSeconds(5), SharedWaitMax = TimeSpan.FromMinutes(10);

    /// <summary>A session that nobody took for so long: the other program would have come back.</summary>
    internal static readonly TimeSpan UnsharedAfter = 2 * SharedWaitMax;

    private readonly HintRules _hints = new(relay.Endpoint, followsHints);

    private int _replaced;

    public SyncState State { get; private set; }

    public DateTimeOffset Since { get; private set; }

    public TransportKind Transport { get; private set; }

    public string? WhyNotQuic { get; private set; }

    public string? LastError { get; private set; }

    public ErrorCode LastErrorCode { get; private set; }

    public DateTimeOffset? NextTryAt { get; private set; }

    /// <summary>Tries and sessions that failed since the last session that proved itself by lasting: a WELCOME alone proves nothing.</summary>
    public int Failures { get; private set; }

    /// <summary>A try or a session has failed since the start.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Since when a session is open; null while none is.</summary>
    public DateTimeOffset? ConnectedAt { get; private set; }

    /// <summary>Where the session is, if not at the first listed address.</summary>
    public RelayEndpoint? ConnectedTo => ConnectedAt is null ? null : _hints.Elsewhere ?? _ways.Elsewhere;

    /// <summary>Whether another program connects with this device's keys: each takes the session from the other.</summary>
    public bool IsShared(DateTimeOffset now) => _replaced > 0 && !(now - ConnectedAt >= UnsharedAfter);

    /// <summary>One step.</summary>
    /// <param name="input">What happened. What doesn't fit the state came too late and changes nothing.</param>
    /// <param name="now">The clock.</param>
    /// <param name="random">0 to 1: the jitter.</param>
    public IReadOnlyList<SessionEffect> Step(SessionInput input, DateTimeOffset now, double random)
    {
        switch (input, State)
        {
            case (SessionInput.Start, SyncState.Disconnected):
            case (SessionInput.Elapsed, SyncState.BackingOff):
                NextTryAt = null;
                Enter(SyncState.Connecting, now);
                return [new SessionEffect.Dial(_ways.Order(now))];
            case (SessionInput.Dialed dialed, SyncState.Connecting):
                (Transport, WhyNotQuic) = (dialed.Kind, dialed.WhyNotQuic);
                _ways.Dialed(dialed.Way);
                _hints.Here = _ways.Here;
                Enter(SyncState.Handshaking, now);
                return [new SessionEffect.Greet()];
            case (SessionInput.Welcomed welcomed, SyncState.Handshaking) when _hints.Elsewhere is null:
                return _hints.Follow(welcomed.Hint, now) ? [new SessionEffect.Follow(welcomed.Hint!)] : Begin(now);
            case (SessionInput.Moved moved, SyncState.Handshaking) when _hints.Elsewhere is not null:
                (Transport, WhyNotQuic) = (moved.Kind, moved.WhyNotQuic);
                return Begin(now);
            case (SessionInput.Stayed, SyncState.Handshaking) when _hints.Elsewhere is not null:
                _hints.Failed(now, random);
                return Begin(now);
            case (SessionInput.CaughtUp, SyncState.Syncing):
                Enter(SyncState.Live, now);
                return [];
            case (SessionInput.Behind, SyncState.Live):
                Enter(SyncState.Syncing, now);
                return [];
            case (SessionInput.Failed failed, SyncState.Connecting or SyncState.Handshaking or SyncState.Syncing or SyncState.Live):
                return Fail(failed, now, random);
            case (SessionInput.Again, SyncState.Refused or SyncState.BackingOff):
                (NextTryAt, Failures) = (null, 0);
                _hints.Again();
                _ways.Again();
                Enter(SyncState.Connecting, now);
                return [new SessionEffect.Close(), new SessionEffect.Dial(_ways.Order(now))];
            case (SessionInput.Pause, not SyncState.Disconnected):
            case (SessionInput.Stop, not SyncState.Disconnected):
                (NextTryAt, ConnectedAt, Failures) = (null, null, 0);
                _hints.Closed();
                Transport = TransportKind.None;
                Enter(SyncState.Disconnected, now);
                return [new SessionEffect.Close()];
            default:
                return [];
        }
    }

    /// <summary>Full jitter: anything from 0 to a bound that doubles with each failure.</summary>
    /// <remarks>See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.</remarks>
    internal static TimeSpan FullJitter(int failures, TimeSpan first, TimeSpan max, double random)
    {
        var bound = Math.Min(max.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 40)));
        return TimeSpan.FromMilliseconds(bound * random);
    }

    private SessionEffect[] Begin(DateTimeOffset now)
    {
        (LastError, LastErrorCode) = (null, ErrorCode.None);
        ConnectedAt = now;
        _ways.Greeted();
        Enter(SyncState.Syncing, now);
        return [new SessionEffect.Tell(new Connected(now, relay, Transport) { ConnectedTo = ConnectedTo }), new SessionEffect.Sync()];
    }

    private List<SessionEffect> Fail(SessionInput.Failed failed, DateTimeOffset now, double random)
    {
        // With several addresses one stranger is no end: the relay may be at another one.
        var isAtWay = State != SyncState.Connecting && _hints.Elsewhere is null && failed.Code != ErrorCode.SessionReplaced;
        if (isAtWay && !_ways.Failed(failed.IsStranger, ConnectedAt, now) && failed.IsStranger) failed = failed with { IsPermanent = false };
        _hints.Broke(ConnectedAt, failed.Code, now, random);
        if (now - ConnectedAt >= backoffMax) Failures = 0;
        if (now - ConnectedAt >= UnsharedAfter) _replaced = 0;
        (LastError, LastErrorCode) = (failed.Reason, failed.Code);
        (HasFailed, ConnectedAt) = (true, null);
        Transport = TransportKind.None;
        if (failed.IsPermanent)
        {
            Enter(SyncState.Refused, now);
            return [new SessionEffect.Close(), new SessionEffect.Tell(new Refused(now, failed.Code, failed.Reason) { Relay = relay })];
        }

        if (failed.Code == ErrorCode.SessionReplaced) return GiveWay(failed, now, random);

        // The relay may ask for more patience than the bound; a wrong or hostile figure must not stop the client for good.
        var delay = FullJitter(Failures, backoffFirst, backoffMax, random);
        var asked = TimeSpan.FromMilliseconds(Math.Min(failed.RetryAfterMs, backoffMax.TotalMilliseconds));
        if (asked > TimeSpan.Zero) delay = asked + TimeSpan.FromMilliseconds(random * Math.Min(1000, asked.TotalMilliseconds / 4));
        Failures++;
        return BackOff(failed, delay, now);
    }

    // Two copies that both came back at once would drive each other out for ever, and neither would get anything done.
    private List<SessionEffect> GiveWay(SessionInput.Failed failed, DateTimeOffset now, double random)
    {
        var bound = Math.Min(SharedWaitMax.TotalMilliseconds, SharedWaitFirst.TotalMilliseconds * Math.Pow(2, Math.Min(_replaced++, 40)));
        var effects = BackOff(failed, TimeSpan.FromMilliseconds(bound * (0.5 + random / 2)), now);
        if (_replaced == 1) effects.Insert(1, new SessionEffect.Tell(new DeviceShared(now, relay)));
        return effects;
    }

    private List<SessionEffect> BackOff(SessionInput.Failed failed, TimeSpan delay, DateTimeOffset now)
    {
        NextTryAt = now + delay;
        Enter(SyncState.BackingOff, now);
        return [new SessionEffect.Close(), new SessionEffect.Tell(new Disconnected(now, failed.Reason, NextTryAt) { Relay = relay }), new SessionEffect.Wait(delay)];
    }

    private void Enter(SyncState state, DateTimeOffset now) => (State, Since) = (state, now);
}
