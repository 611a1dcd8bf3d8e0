using ZeroK.Client.Outbox;
using ZeroK.Client.Sync;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>All relays of the group: one driver each, and the primary among them, which <see cref="RelayChoice"/> chooses.</summary>
internal sealed class RelaySet : IAsyncDisposable
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly DurableOutbox _outbox;
    private readonly Inbox _inbox;
    private readonly EventHub _events;
    private readonly SyncOptions _options;
    private readonly SyncDriver[] _drivers;
    private readonly ITimer _timer;
    private readonly long _startedAt;
    private readonly Signal _changed = new();
    private readonly DateTimeOffset[] _answersSince;
    private int _primary;
    private bool _isStopped;

    public RelaySet(IReadOnlyList<(RelayWays Ways, IRelayConnector Connector)> relays, Func<int, Action, SyncParts> partsOf, DurableOutbox outbox, Inbox inbox, EventHub events, SyncOptions options)
    {
        (_outbox, _inbox, _events, _options) = (outbox, inbox, events, options);
        _startedAt = options.Time.GetTimestamp();
        _timer = options.Time.CreateTimer(_ => Review(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _drivers = new SyncDriver[relays.Count];
        _answersSince = new DateTimeOffset[relays.Count];

        // The drivers report while the array is still being filled.
        lock (_gate)
            for (var i = 0; i < _drivers.Length; i++) _drivers[i] = new SyncDriver(partsOf(i, Review), options);
        Review();
    }

    /// <summary>The primary's place in the list.</summary>
    public int Primary
    {
        get
        {
            lock (_gate) return _primary;
        }
    }

    /// <summary>How each relay does, in the list's order.</summary>
    public IReadOnlyList<RelayStatus> Statuses
    {
        get
        {
            var primary = Primary;
            return [.. _drivers.Select((d, i) => StatusOf(d, i, i == primary))];
        }
    }

    /// <summary>Tries every relay now that is not connected, also those that had refused.</summary>
    public void TryAgain()
    {
        foreach (var driver in _drivers) driver.TryAgain();
    }

    /// <summary>Says goodbye to all, closes, and waits for <see cref="Resume"/>.</summary>
    public Task SuspendAsync() => Task.WhenAll(_drivers.Select(d => d.SuspendAsync()));

    /// <summary>Connects again.</summary>
    public void Resume()
    {
        foreach (var driver in _drivers) driver.Resume();
    }

    /// <summary>Runs a request on every other relay than the primary that is connected now.</summary>
    /// <returns>The relays that it did not reach.</returns>
    public async Task<IReadOnlyList<RelayAddress>> OnOthersAsync(int primary, Func<RelaySession, Task> request)
    {
        var missed = new List<RelayAddress>();
        for (var i = 0; i < _drivers.Length; i++)
        {
            if (i == primary) continue;
            try
            {
                if (_drivers[i].Ready is not { } session) missed.Add(_drivers[i].Status.Address);
                else await request(session).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SessionFailedException or IOException or SyncException)
            {
                missed.Add(_drivers[i].Status.Address);
            }
        }

        return missed;
    }

    /// <summary>Runs a request on the primary's session, waiting for one, and again on the next if it breaks.</summary>
    /// <exception cref="SyncException">Every relay refused for good, or the client was closed.</exception>
    public async Task<T> WithSessionAsync<T>(Func<int, RelaySession, Task<T>> request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _changed.Next;
            var primary = Primary;
            var driver = _drivers[primary];
            if (driver.Ready is { } session)
            {
                try
                {
                    return await request(primary, session).ConfigureAwait(false);
                }
                catch (Exception e) when (e is SessionFailedException or IOException && !cancellationToken.IsCancellationRequested)
                {
                    await Task.WhenAny(changed, Task.Delay(AskAgain, _options.Time, cancellationToken)).ConfigureAwait(false);
                    continue;
                }
            }

            ThrowIfOver();
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The primary's session; null if it has none now.</summary>
    public RelaySession? ReadySession => _drivers[Primary].Ready;

    /// <summary>The sessions of the other relays than the primary that are connected now, in the list's order.</summary>
    public IReadOnlyList<RelaySession> OtherSessions
    {
        get
        {
            var primary = Primary;
            return [.. _drivers.Where((_, i) => i != primary).Select(d => d.Ready).OfType<RelaySession>()];
        }
    }

    /// <summary>Completes when the primary may have changed.</summary>
    public Task Next => _changed.Next;

    /// <summary>Says goodbye to all and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate) _isStopped = true;
        await Task.WhenAll(_drivers.Select(d => d.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _changed.Pulse();
    }

    private void Review()
    {
        lock (_gate)
        {
            if (_isStopped || _drivers.Contains(null)) return;
            var health = _drivers.Select(HealthOf).ToArray();
            var (primary, lookAgain) = RelayChoice.Choose(_primary, health, _options.Time.GetElapsedTime(_startedAt), _options.HeadStart, _options.FailBackAfter);
            if (primary != _primary)
            {
                _primary = primary;
                _outbox.SetPrimary(primary);
                _inbox.Reader = primary;
                _events.Publish(new PrimaryChanged(_options.Time.GetUtcNow(), _drivers[primary].Status.Address));
            }

            // A relay that falls silent changes nothing that would be reported: it is looked at.
            if (health.Length > 1 && health.Any(h => h.IsReady) && (lookAgain is null || lookAgain > _options.FailOverAfter / 4)) lookAgain = _options.FailOverAfter / 4;
            _timer.Change(lookAgain ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _changed.Pulse();
    }

    private RelayHealth HealthOf(SyncDriver driver, int index)
    {
        var (status, now) = (driver.Status, _options.Time.GetUtcNow());
        var isSilent = driver.Ready is { } session && session.Waiting >= _options.FailOverAfter;
        if (isSilent) _answersSince[index] = now;
        var since = status.ConnectedAt > _answersSince[index] ? status.ConnectedAt : _answersSince[index];
        var isReady = status.ConnectedAt is not null && !isSilent;
        return new RelayHealth(
            isReady,
            isReady ? now - since!.Value : TimeSpan.Zero,
            status.HasFailed || isSilent,
            status.State == SyncState.Refused,
            _outbox.Lane(index).Problem is null);
    }

    private RelayStatus StatusOf(SyncDriver driver, int index, bool isPrimary)
    {
        var (lane, problem) = _outbox.Lane(index);
        var row = _inbox.Relay(index);
        return driver.Status with
        {
            IsPrimary = isPrimary,
            DeliveredSequence = lane.Delivered,
            PendingBlobs = lane.Blobs,
            PendingBytes = lane.Bytes,
            Head = row.Head,
            Received = row.Received,
            Acked = _inbox.AckTarget(index),
            Problem = problem?.Message,
        };
    }

    private void ThrowIfOver()
    {
        lock (_gate)
        {
            if (_isStopped) throw new SyncException(ErrorCode.None, "The client is closed.");
        }

        var statuses = _drivers.Select(d => d.Status).ToList();
        if (statuses.TrueForAll(s => s.State == SyncState.Refused)) throw new SyncException(statuses[Primary].LastErrorCode, statuses[Primary].LastError ?? "The relay refused.");
    }
}
