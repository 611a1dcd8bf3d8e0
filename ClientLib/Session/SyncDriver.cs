using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Outbox;
using ZeroK.Client.Sync;
using ZeroK.Wire;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Session;

/// <summary>Carries out what <see cref="SessionMachine"/> says, and tells it what happened.</summary>
internal sealed partial class SyncDriver : IAsyncDisposable
{
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly SyncParts _parts;
    private readonly SyncOptions _options;
    private readonly SessionMachine _machine;
    private readonly Random _jitter;
    private readonly ILogger _log;
    private readonly Channel<(int Attempt, SessionInput Input)> _mailbox = NewChannel.CreateUnbounded<(int, SessionInput)>();
    private readonly Signal _changed = new();
    private readonly Task _running;
    private CancellationTokenSource _ending = new();
    private IDialedRelay? _dialed;
    private RelaySession? _session;
    private RelaySession? _ready;
    private PullPump? _pull;
    private Task _work = Task.CompletedTask;
    private Task _receiving = Task.CompletedTask;
    private int _attempt;
    private bool _recreate;
    private bool _isStopped;

    public SyncDriver(SyncParts parts, SyncOptions options)
    {
        (_parts, _options) = (parts, options);
        _machine = new SessionMachine(parts.Relay, options.BackoffFirst, options.BackoffMax);
        _jitter = new Random(options.JitterSeed ?? System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
        _log = options.LoggerFactory.CreateLogger("ZeroK.Client");
        _running = Task.Run(RunAsync);
        Post(new SessionInput.Start());
    }

    /// <summary>The machine's part of the status.</summary>
    public SyncStatus AddTo(SyncStatus status)
    {
        lock (_gate)
        {
            return status with
            {
                State = _machine.State,
                Since = _machine.Since,
                Transport = _machine.Transport,
                WhyNotQuic = _machine.WhyNotQuic,
                LastError = _machine.LastError,
                LastErrorCode = _machine.LastErrorCode,
                NextTryAt = _machine.NextTryAt,
            };
        }
    }

    /// <summary>Runs a request on the session, waiting for one, and again on the next if it breaks.</summary>
    /// <exception cref="SyncException">The relay refused for good, or the client was closed.</exception>
    public async Task<T> WithSessionAsync<T>(Func<RelaySession, Task<T>> request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _changed.Next;
            RelaySession? session;
            lock (_gate)
            {
                session = _ready;
                ThrowIfOver();
            }

            if (session is not null)
            {
                try
                {
                    return await request(session).ConfigureAwait(false);
                }
                catch (Exception e) when (e is SessionFailedException or IOException && !cancellationToken.IsCancellationRequested)
                {
                    LogFailed(_log, e.GetType().Name);
                    await Task.WhenAny(changed, Task.Delay(AskAgain, _options.Time, cancellationToken)).ConfigureAwait(false);
                    continue;
                }
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Completes only by failing: when the relay refused for good, or the client was closed.</summary>
    public async Task WhenRefusedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _changed.Next;
            lock (_gate) ThrowIfOver();
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Says goodbye and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _mailbox.Writer.TryWrite((-1, new SessionInput.Stop()));
        await _running.ConfigureAwait(false);
        lock (_gate) _isStopped = true;
        _changed.Pulse();
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (var (attempt, input) in _mailbox.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (attempt != -1 && attempt != _attempt) continue;
            IReadOnlyList<SessionEffect> effects;
            lock (_gate) effects = _machine.Step(input, _options.Time.GetUtcNow(), _jitter.NextDouble());
            foreach (var effect in effects) await ExecuteAsync(effect, isStopping: input is SessionInput.Stop).ConfigureAwait(false);
            _changed.Pulse();
            if (input is SessionInput.Stop) return;
        }
    }

    private async Task ExecuteAsync(SessionEffect effect, bool isStopping)
    {
        switch (effect)
        {
            case SessionEffect.Dial:
                Work(DialAsync);
                break;
            case SessionEffect.Greet:
                Work(GreetAsync);
                break;
            case SessionEffect.Sync:
                Work(SyncAsync);
                break;
            case SessionEffect.Wait wait:
                Work(async token =>
                {
                    await Task.Delay(wait.Delay, _options.Time, token).ConfigureAwait(false);
                    Post(new SessionInput.Elapsed());
                });
                break;
            case SessionEffect.Close:
                await CloseAsync(isStopping).ConfigureAwait(false);
                break;
            case SessionEffect.Tell tell:
                LogTold(_log, tell.Happened.GetType().Name);
                _parts.Events.Publish(tell.Happened);
                break;
            default:
                throw new InvalidOperationException($"No row for {effect.GetType().Name}.");
        }
    }

    // Each piece of work follows the one before it, and ends with an input, or silently if it was cancelled by Close.
    private void Work(Func<CancellationToken, Task> piece)
    {
        var (before, token, attempt) = (_work, _ending.Token, _attempt);
        _work = Task.Run(async () =>
        {
            await before.ConfigureAwait(false);
            try
            {
                await piece(token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                // Close asked for it.
            }
            catch (Exception e)
            {
                LogFailed(_log, e.GetType().Name);
                _mailbox.Writer.TryWrite((attempt, SessionFailedException.From(e)));
            }
        });
    }

    private async Task DialAsync(CancellationToken cancellationToken)
    {
        using var timeout = Limited(cancellationToken, out var linked);
        using (linked) _dialed = await _parts.Connector.DialAsync(linked.Token).ConfigureAwait(false);
        Post(new SessionInput.Dialed(_dialed.Kind, _dialed.WhyNotQuic));
    }

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        using var timeout = Limited(cancellationToken, out var linked);
        using (linked)
        {
            var dialed = _dialed!;
            _dialed = null;
            var session = new RelaySession(await dialed.GreetAsync(linked.Token).ConfigureAwait(false), _options);
            _session = session;
            var isNew = _parts.Inbox.Relay.LogId.IsEmpty;
            var (keys, group, self) = (_parts.Keys, _parts.Group, _parts.Self);
            try
            {
                await session.HelloAsync(new Hello(group, keys.AdmissionKey, keys.SignHello(session.HandshakeHash.Span, group, self), isNew || _recreate, SealedName.Seal(keys, group, self, _parts.Name)), linked.Token).ConfigureAwait(false);
            }
            catch (SessionFailedException e) when (e.Failure.Code == ErrorCode.UnknownGroup && _options.RecreateLostGroup && !_recreate)
            {
                _recreate = true;
                throw new SessionFailedException(false, ErrorCode.UnknownGroup, 1, "The relay lost the group; making it anew.", e);
            }
        }

        Post(new SessionInput.Welcomed());
    }

    private async Task SyncAsync(CancellationToken cancellationToken)
    {
        var session = _session!;
        _parts.Inbox.Welcomed(session.Welcome);
        _recreate = false;
        var mayPush = MayPush(session.Welcome);
        _pull = new PullPump(session, _parts.Inbox, _parts.Events, _options, Post);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // Receiving goes on while the session is closed in order; disposing ends it.
        _receiving = session.ReceiveAsync(Unasked, CancellationToken.None);
        lock (_gate) _ready = session;
        _changed.Pulse();
        List<Task> loops = [_receiving, _pull.RunAsync(ending.Token), KeepAliveAsync(session, ending.Token)];
        if (mayPush) loops.Add(new PushPump(session, _parts.Outbox, _parts.Events, _options, new Random(_jitter.Next())).RunAsync(ending.Token));
        var first = await Task.WhenAny(loops).ConfigureAwait(false);
        lock (_gate) _ready = null;
        await ending.CancelAsync().ConfigureAwait(false);
        foreach (var loop in loops.Where(l => l != first && l != _receiving)) await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    private async Task KeepAliveAsync(RelaySession session, CancellationToken cancellationToken)
    {
        var every = TimeSpan.FromSeconds(Math.Clamp(session.Welcome.Limits.KeepAliveSeconds, 1, 3600));
        while (true)
        {
            await Task.Delay(every, _options.Time, cancellationToken).ConfigureAwait(false);
            try
            {
                _parts.Inbox.HeadMoved(await HeadAsync(session, _options.Time, cancellationToken).WaitAsync(2 * every, _options.Time, cancellationToken).ConfigureAwait(false));
            }
            catch (TimeoutException e)
            {
                throw new SessionFailedException(false, ErrorCode.None, 0, "The relay stopped answering.", e);
            }
        }
    }

    /// <summary>Asks the relay for its head.</summary>
    public static async Task<Cursor> HeadAsync(RelaySession session, TimeProvider time, CancellationToken cancellationToken) =>
        await session.RequestAsync(new Presence(PresenceState.Active, Cursor.Zero, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), 0), cancellationToken).ConfigureAwait(false) switch
        {
            Presence presence => presence.Head,
            ErrorMessage error => throw SessionFailedException.Of(error.Code, error.RetryAfterMs),
            _ => throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay answered PRESENCE with something else."),
        };

    private void Unasked(WireMessage message)
    {
        switch (message)
        {
            case Notify notify:
                _parts.Inbox.HeadMoved(notify.Head);
                break;
            case DeviceRevoked revoked:
                _parts.Events.Publish(new DeviceBlocked(_options.Time.GetUtcNow(), revoked.Device, revoked.Device == _parts.Self));
                if (revoked.Device == _parts.Self) throw SessionFailedException.Of(ErrorCode.DeviceRevoked, 0);
                break;
            default:
                // A later relay may tell more than this client knows.
                break;
        }
    }

    // Does the relay know this device as this device knows itself?
    private bool MayPush(Welcome welcome)
    {
        var (last, durable, _, _) = _parts.Outbox.Counters;
        _parts.Outbox.TryAgain();
        var known = welcome.LastSequence > durable && welcome.LastSequence <= last ? _parts.Outbox.Read(welcome.LastSequence, 1, 1) : [];
        var isAnother = known.Count == 1 && !welcome.LastBlob.IsEmpty && !known[0].Id.ToArray().AsSpan().SequenceEqual(welcome.LastBlob.Span);
        if (welcome.LastSequence > last || isAnother)
        {
            _parts.Events.Publish(new StateRestoredFromCopy(_options.Time.GetUtcNow(), last, welcome.LastSequence));
            _parts.Outbox.Restored(new SyncException(ErrorCode.SequenceConflict, "This device's directory was restored from a copy: the relay has later blobs of it. Nothing is pushed any more. Make a new device in another directory, and join again."));
            return false;
        }

        if (welcome.LastSequence > 0 && welcome.LastSequence < durable)
        {
            _parts.Outbox.Refused(new SyncException(ErrorCode.OutOfOrder, "The relay lost blobs of this device that it had acknowledged: it was set back to an older copy. It takes no new ones after the hole. Make a new device, and push again what is missing."));
            return false;
        }

        return true;
    }

    private async Task CloseAsync(bool isStopping)
    {
        lock (_gate) _ready = null;
        if (isStopping && _session is { } open && _pull is { } pull) await SayGoodbyeAsync(open, pull).ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        if (_dialed is not null) await _dialed.DisposeAsync().ConfigureAwait(false);
        if (_session is not null) await _session.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (_dialed, _session, _pull, _receiving) = (null, null, null, Task.CompletedTask);
        _attempt++;
        if (!isStopping)
        {
            _ending.Dispose();
            _ending = new CancellationTokenSource();
        }
    }

    private async Task SayGoodbyeAsync(RelaySession session, PullPump pull)
    {
        try
        {
            using var patience = new CancellationTokenSource(GoodbyeTime, _options.Time);
            await pull.AckAsync(patience.Token).ConfigureAwait(false);
            await session.GoodbyeAsync(patience.Token).ConfigureAwait(false);
            await _receiving.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception e)
        {
            // The relay is gone already, or slow: it keeps what it has, and this side has its outbox.
            LogFailed(_log, e.GetType().Name);
        }
    }

    private CancellationTokenSource Limited(CancellationToken cancellationToken, out CancellationTokenSource linked)
    {
        var timeout = new CancellationTokenSource(_options.ConnectTimeout, _options.Time);
        linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        return timeout;
    }

    private void ThrowIfOver()
    {
        if (_machine.State == SyncState.Refused) throw new SyncException(_machine.LastErrorCode, _machine.LastError ?? "The relay refused.");
        if (_isStopped) throw new SyncException(ErrorCode.None, "The client is closed.");
    }

    private void Post(SessionInput input) => _mailbox.Writer.TryWrite((_attempt, input));
}

/// <summary>What a driver works with.</summary>
internal sealed record SyncParts(RelayAddress Relay, IRelayConnector Connector, KeyRing Keys, GroupId Group, DeviceId Self, string Name, DurableOutbox Outbox, Inbox Inbox, EventHub Events);
