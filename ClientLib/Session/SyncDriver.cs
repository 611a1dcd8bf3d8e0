using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ZeroK.Client.Keys;
using ZeroK.Client.Outbox;
using ZeroK.Client.Sync;
using ZeroK.Noise;
using ZeroK.Wire;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Session;

/// <summary>One relay: carries out what <see cref="SessionMachine"/> says, and tells it what happened.</summary>
internal sealed partial class SyncDriver : IAsyncDisposable
{
    private const int AnyAttempt = -1;
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly SyncParts _parts;
    private readonly SyncOptions _options;
    private readonly SessionMachine _machine;
    private readonly Random _jitter;
    private readonly ILogger _log;
    private readonly Channel<(int Attempt, SessionInput Input, TaskCompletionSource? Done)> _mailbox = NewChannel.CreateUnbounded<(int, SessionInput, TaskCompletionSource?)>();
    private readonly int _relay;
    private readonly Task _running;
    private CancellationTokenSource _ending = new();
    private IDialedRelay? _dialed;
    private RelaySession? _session;
    private RelaySession? _ready;
    private PullPump? _pull;
    private Task _work = Task.CompletedTask;
    private Task _receiving = Task.CompletedTask;
    private Task _leaving = Task.CompletedTask;
    private int _attempt;
    private bool _recreate;

    public SyncDriver(SyncParts parts, SyncOptions options)
    {
        (_parts, _options, _relay) = (parts, options, parts.Index);
        _machine = new SessionMachine(parts.Relay.Address, options.BackoffFirst, options.BackoffMax, options.FollowHints, parts.Relay.Ways);
        _jitter = new Random(options.JitterSeed ?? System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
        _log = options.LoggerFactory.CreateLogger("ZeroK.Client");
        _running = Task.Run(RunAsync);
        if (!options.StartSuspended) Post(new SessionInput.Start());
    }

    /// <summary>How this relay does.</summary>
    public RelayStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new RelayStatus
                {
                    Address = _parts.Relay.Address,
                    Ways = _parts.Relay.Ways,
                    IsShared = _machine.IsShared(_options.Time.GetUtcNow()),
                    State = _machine.State,
                    Since = _machine.Since,
                    ConnectedAt = _machine.ConnectedAt,
                    ConnectedTo = _machine.ConnectedTo,
                    HasFailed = _machine.HasFailed,
                    Transport = _machine.Transport,
                    WhyNotQuic = _machine.WhyNotQuic,
                    LastError = _machine.LastError,
                    LastErrorCode = _machine.LastErrorCode,
                    NextTryAt = _machine.NextTryAt,
                };
            }
        }
    }

    /// <summary>The session, once it takes requests.</summary>
    public RelaySession? Ready
    {
        get
        {
            lock (_gate) return _ready;
        }
    }

    /// <summary>Tries now, also a relay that had refused.</summary>
    public void TryAgain() => _mailbox.Writer.TryWrite((AnyAttempt, new SessionInput.Again(), null));

    /// <summary>Says goodbye, closes, and waits for <see cref="Resume"/>.</summary>
    public async Task SuspendAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_mailbox.Writer.TryWrite((AnyAttempt, new SessionInput.Pause(), done))) await done.Task.ConfigureAwait(false);
    }

    /// <summary>Connects again after <see cref="SuspendAsync"/>.</summary>
    public void Resume() => _mailbox.Writer.TryWrite((AnyAttempt, new SessionInput.Start(), null));

    /// <summary>Says goodbye and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _mailbox.Writer.TryWrite((AnyAttempt, new SessionInput.Stop(), null));
        _mailbox.Writer.TryComplete();
        await _running.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (var (attempt, input, done) in _mailbox.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (attempt != AnyAttempt && attempt != _attempt) continue;
            IReadOnlyList<SessionEffect> effects;
            lock (_gate) effects = _machine.Step(input, _options.Time.GetUtcNow(), _jitter.NextDouble());
            foreach (var effect in effects) await ExecuteAsync(effect, isPolite: input is SessionInput.Stop or SessionInput.Pause).ConfigureAwait(false);
            done?.TrySetResult();
            _parts.Changed();
            if (input is not SessionInput.Stop) continue;
            while (_mailbox.Reader.TryRead(out var late)) late.Done?.TrySetResult();
            return;
        }
    }

    private async Task ExecuteAsync(SessionEffect effect, bool isPolite)
    {
        switch (effect)
        {
            case SessionEffect.Dial dial:
                _parts.Outbox.Stopped(_relay, null);
                Work(token => DialAsync(dial.Ways, token));
                break;
            case SessionEffect.Greet:
                Work(GreetAsync);
                break;
            case SessionEffect.Follow follow:
                Work(token => FollowAsync(follow.Elsewhere, token));
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
                await CloseAsync(isPolite).ConfigureAwait(false);
                break;
            case SessionEffect.Tell tell:
                LogTold(_log, tell.Happened.GetType().Name);
                if (tell.Happened is Refused refused) _parts.Outbox.Stopped(_relay, new SyncException(refused.Code, refused.WhatToDo));
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
                _mailbox.Writer.TryWrite((attempt, SessionFailedException.From(e), null));
            }
        });
    }

    private async Task CloseAsync(bool isPolite)
    {
        lock (_gate) _ready = null;
        if (isPolite && _session is { } open && _pull is { } pull) await SayGoodbyeAsync(open, pull).ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        if (_dialed is not null) await _dialed.DisposeAsync().ConfigureAwait(false);
        if (_session is not null) await _session.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _leaving.ConfigureAwait(false);
        (_dialed, _session, _pull, _receiving) = (null, null, null, Task.CompletedTask);
        _attempt++;
        _ending.Dispose();
        _ending = new CancellationTokenSource();
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

    private void Post(SessionInput input) => _mailbox.Writer.TryWrite((_attempt, input, null));
}

/// <summary>What a driver works with.</summary>
/// <param name="Index">The relay's place in the group's list.</param>
/// <param name="Changed">Called when something about the relay changed.</param>
internal sealed record SyncParts(int Index, RelayWays Relay, IRelayConnector Connector, KeyRing Keys, GroupId Group, DeviceIdentity Identity, string Name, DurableOutbox Outbox, Inbox Inbox, EventHub Events, Action Changed)
{
    /// <summary>This device's id.</summary>
    public DeviceId Self { get; } = new(Identity.Id.Span);

    /// <summary>A constant: it holds keys and names.</summary>
    public override string ToString() => "[client]";
}
