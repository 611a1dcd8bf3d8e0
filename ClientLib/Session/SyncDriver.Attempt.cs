using ZeroK.Client.Envelopes;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

// One attempt: dial, greet, sync until it ends.
internal sealed partial class SyncDriver
{
    private async Task DialAsync(CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.connect");
        using var timeout = Limited(cancellationToken, out var linked);
        using (linked) _dialed = await _parts.Connector.DialAsync(linked.Token).ConfigureAwait(false);
        Post(new SessionInput.Dialed(_dialed.Kind, _dialed.WhyNotQuic));
    }

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.greet");
        using var timeout = Limited(cancellationToken, out var linked);
        using (linked)
        {
            var dialed = _dialed!;
            _dialed = null;
            var session = new RelaySession(await dialed.GreetAsync(linked.Token).ConfigureAwait(false), _options);
            _session = session;
            var isNew = _parts.Inbox.Relay(_relay).LogId.IsEmpty;
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
        _parts.Inbox.Welcomed(_relay, session.Welcome);
        _recreate = false;
        var mayPush = MayPush(session.Welcome);
        _pull = new PullPump(_relay, session, _parts.Inbox, _parts.Events, _options, Post);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // Receiving goes on while the session is closed in order; disposing ends it.
        _receiving = session.ReceiveAsync(Unasked, CancellationToken.None);
        lock (_gate) _ready = session;
        _parts.Changed();
        List<Task> loops = [_receiving, _pull.RunAsync(ending.Token), KeepAliveAsync(session, ending.Token)];
        if (mayPush) loops.Add(new PushPump(_relay, session, _parts.Outbox, _parts.Events, _options, new Random(_jitter.Next()), _parts.Changed).RunAsync(ending.Token));
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
                _parts.Inbox.HeadMoved(_relay, await HeadAsync(session, _options.Time, cancellationToken).WaitAsync(2 * every, _options.Time, cancellationToken).ConfigureAwait(false));
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
                _parts.Inbox.HeadMoved(_relay, notify.Head);
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
        var last = _parts.Outbox.Counters.LastSequence;
        var durable = _parts.Outbox.Lane(_relay).State.Delivered;
        _parts.Outbox.TryAgain(_relay);
        var known = welcome.LastSequence > durable && welcome.LastSequence <= last ? _parts.Outbox.Read(welcome.LastSequence, 1, 1) : [];
        switch (WelcomeRules.Compare(welcome.LastSequence, welcome.LastBlob.Span, last, durable, known.Count == 1 ? known[0].Id.ToArray() : []))
        {
            case DeviceKnown.Later:
                _parts.Events.Publish(new StateRestoredFromCopy(_options.Time.GetUtcNow(), last, welcome.LastSequence));
                _parts.Outbox.Restored(new SyncException(ErrorCode.SequenceConflict, "This device's directory was restored from a copy: the relay has later blobs of it. Nothing is pushed any more. Make a new device in another directory, and join again."));
                return false;
            case DeviceKnown.Earlier:
                _parts.Outbox.Refused(_relay, new SyncException(ErrorCode.OutOfOrder, "The relay lost blobs of this device that it had acknowledged: it was set back to an older copy. It takes no new ones after the hole. Make a new device, and push again what is missing (other relays of the group go on)."));
                return false;
            default:
                return true;
        }
    }

    private CancellationTokenSource Limited(CancellationToken cancellationToken, out CancellationTokenSource linked)
    {
        var timeout = new CancellationTokenSource(_options.ConnectTimeout, _options.Time);
        linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        return timeout;
    }
}
