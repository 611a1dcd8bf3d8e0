using ZeroK.Channel;
using ZeroK.Client.Envelopes;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

// One attempt: dial, greet, sync until it ends.
internal sealed partial class SyncDriver
{
    private const string ImpossibleHead = "The relay told a head that no log can have.";
    private static readonly TimeSpan HintTime = TimeSpan.FromSeconds(3);

    private async Task DialAsync(IReadOnlyList<RelayEndpoint> ways, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.connect");
        using var timeout = Limited(cancellationToken, out var linked);
        using (linked) _dialed = await _parts.Connector.DialAsync(ways, linked.Token).ConfigureAwait(false);
        Post(new SessionInput.Dialed(_dialed.Kind, _dialed.WhyNotQuic, _dialed.Way));
    }

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.greet");
        using var timeout = Limited(cancellationToken, out var linked);
        using (linked)
        {
            var dialed = _dialed!;
            _dialed = null;
            _session = await GreetAsync(dialed, mayCreate: _recreate || _parts.Inbox.Relay(_relay).LogId.IsEmpty, linked.Token).ConfigureAwait(false);
        }

        Post(new SessionInput.Welcomed(RelayEndpoint.TryParse(_session.Welcome.Hint, out var hint) ? hint : null));
    }

    // The session that stands does nothing meanwhile, so there is nothing to hand over: it is used if the other one does not come about, and left if it does.
    private async Task FollowAsync(RelayEndpoint elsewhere, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.follow");
        try
        {
            using var patience = new CancellationTokenSource(_options.ConnectTimeout < HintTime ? _options.ConnectTimeout : HintTime, _options.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            var dialed = await _parts.Connector.DialAsync([elsewhere], either.Token).ConfigureAwait(false);
            var moved = await GreetAsync(dialed, mayCreate: false, either.Token).ConfigureAwait(false);
            if (!moved.Welcome.LogId.Span.SequenceEqual(_session!.Welcome.LogId.Span))
            {
                await moved.DisposeAsync().ConfigureAwait(false);
                throw new SessionFailedException(false, ErrorCode.None, 0, "The hinted address has another log: it is no node of this relay.");
            }

            _leaving = LeaveAsync(_session);
            _session = moved;
            Post(new SessionInput.Moved(dialed.Kind, dialed.WhyNotQuic));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotFollowed(_log, e.GetType().Name);
            Post(new SessionInput.Stayed());
        }
    }

    private async Task<RelaySession> GreetAsync(IDialedRelay dialed, bool mayCreate, CancellationToken cancellationToken)
    {
        var session = new RelaySession(await dialed.GreetAsync(cancellationToken).ConfigureAwait(false), _options);
        var (keys, group, self) = (_parts.Keys, _parts.Group, _parts.Self);
        try
        {
            await session.HelloAsync(new Hello(group, _parts.Identity.SigningKey, keys.AdmissionKey, keys.SignHello(session.HandshakeHash.Span, group, self), mayCreate, SealedName.Seal(keys, group, self, _parts.Name)), cancellationToken).ConfigureAwait(false);
            if (WelcomeRules.Problem(session.Welcome) is not { } problem) return session;
            _parts.Events.Publish(new RelayMisbehaved(_options.Time.GetUtcNow(), problem));
            throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, problem);
        }
        catch (Exception e)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            if (e is not SessionFailedException { Failure.Code: ErrorCode.UnknownGroup } || !_options.RecreateLostGroup || _recreate) throw;
            _recreate = true;
            throw new SessionFailedException(false, ErrorCode.UnknownGroup, 1, "The relay lost the group; making it anew.", e);
        }
    }

    private async Task LeaveAsync(RelaySession listed)
    {
        try
        {
            using var patience = new CancellationTokenSource(GoodbyeTime, _options.Time);
            await listed.GoodbyeAsync(patience.Token).ConfigureAwait(false);
            await listed.ReceiveAsync(static _ => { }, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // As meant: the relay closed it. Or it was gone already.
            LogFailed(_log, e.GetType().Name);
        }
        finally
        {
            await listed.DisposeAsync().ConfigureAwait(false);
        }
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
        _receiving = ReceiveAsync(session);
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

    private async Task ReceiveAsync(RelaySession session)
    {
        try
        {
            await session.ReceiveAsync(Unasked, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ChannelException e) when (e.Failure is ChannelFailure.Malformed or ChannelFailure.TooLarge)
        {
            _parts.Events.Publish(new RelayMisbehaved(_options.Time.GetUtcNow(), "It sent what is no message of the protocol: " + e.Message));
            throw;
        }
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
        await session.RequestAsync(new Presence(PresenceState.Active, Cursor.Zero, EnvelopeHeader.MsOf(time.GetUtcNow()), 0), cancellationToken).ConfigureAwait(false) switch
        {
            Presence presence when presence.Head.Value > WireLimits.NumberMax => throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, ImpossibleHead),
            Presence presence => presence.Head,
            ErrorMessage error => throw SessionFailedException.Of(error.Code, error.RetryAfterMs),
            _ => throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay answered PRESENCE with something else."),
        };

    private Cursor Possible(Cursor head)
    {
        if (head.Value <= WireLimits.NumberMax) return head;
        _parts.Events.Publish(new RelayMisbehaved(_options.Time.GetUtcNow(), ImpossibleHead));
        throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, ImpossibleHead);
    }

    private void Unasked(WireMessage message)
    {
        switch (message)
        {
            case Notify notify:
                _parts.Inbox.HeadMoved(_relay, Possible(notify.Head));
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
        var verdict = WelcomeRules.Compare(welcome.LastSequence, welcome.LastBlob.Span, last, durable, known.Count == 1 ? known[0].Id.ToArray() : []);
        _parts.Inbox.ForeignSeen(_relay, verdict == DeviceKnown.Later ? welcome.LastSequence : 0);
        switch (verdict)
        {
            case DeviceKnown.Later:
                _parts.Events.Publish(new StateRestoredFromCopy(_options.Time.GetUtcNow(), last, welcome.LastSequence) { Relay = _parts.Relay.Address });
                _parts.Outbox.Restored(_relay, new SyncException(ErrorCode.SequenceConflict, WhatToDo.Copied));
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
