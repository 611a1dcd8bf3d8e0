using Orleans.Concurrency;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Gateway;

internal sealed partial class GatewaySession : IPushOwner
{
    // As often as a group makes a page anew.
    private const int PageAttempts = 3;

    private bool _acking;
    private ulong _ackThrough;
    private uint _ackRequest;

    // Takes one message: starts what it asks for, or refuses it. Waits only to send a refusal.
    private Task TakeAsync(WireFrame frame)
    {
        if (!_context.Rates.TryTake(Device, out var retryAfterMs))
            return RefuseAsync(frame.RequestId, ErrorCode.RateLimited, Refusals.TextOf(ErrorCode.RateLimited), retryAfterMs);
        return frame.Message switch
        {
            Push push => TakePushAsync(frame.RequestId, push),
            Pull pull => StartAsync(frame.RequestId, () => PullAsync(frame.RequestId, pull)),
            Ack ack => TakeAckAsync(frame.RequestId, ack.Through.Value),
            Presence => StartAsync(frame.RequestId, PresenceAsync),
            Delete delete => StartAsync(frame.RequestId, () => DeleteAsync(delete)),
            RevokeDevice revoke => StartAsync(frame.RequestId, () => RevokeAsync(revoke)),
            ListDevices => StartAsync(frame.RequestId, DevicesAsync),
            ContentPut or ContentPiece or ContentRef or ContentGet or ContentRelease => _contents!.TakeAsync(_main, frame.RequestId, frame.Message),
            RegisterPush or UnregisterPush => RefuseAsync(frame.RequestId, ErrorCode.NotSupported, Refusals.TextOf(ErrorCode.NotSupported), 0),
            Hello => RefuseAndCloseAsync(frame.RequestId, ErrorCode.InvalidMessage, "A session has one HELLO. Open another connection for another group."),
            _ => RefuseAndCloseAsync(frame.RequestId, ErrorCode.InvalidMessage, "Only the relay sends messages of this type."),
        };
    }

    private Task TakePushAsync(uint requestId, Push push)
    {
        var options = _context.Options;
        var accepted = 0;
        long bytes = 0;
        var refused = ErrorCode.None;
        for (; accepted < push.Blobs.Count && refused == ErrorCode.None; accepted++)
        {
            var size = push.Blobs[accepted].Envelope.Length;
            if (size > options.EnvelopeBytesMax) refused = ErrorCode.BlobTooLarge;
            bytes += size;
        }

        if (refused != ErrorCode.None) accepted--;
        if (push.Blobs.Count > options.PushBlobsMax || (bytes > options.PushBytesMax && push.Blobs.Count > 1))
            return RefuseAsync(requestId, ErrorCode.InvalidMessage, "The PUSH has more blobs or bytes than this relay takes in one: see the limits in WELCOME.", 0);
        var pending = new PendingPush(requestId, push, accepted, refused, bytes + RequestStream.SmallRequestBytes, _context.Time.GetTimestamp());
        if (refused != ErrorCode.None) _context.Instruments.Refused(refused);
        if (accepted == 0 && push.Blobs.Count > 0) return SendQuietlyAsync(requestId, PushPump.AckOf(pending, []));
        if (!_context.Writes.TryTake(_networks, _group, pending.BytesCharged, out var retryAfterMs))
            return RefuseAsync(requestId, ErrorCode.RateLimited, Refusals.TooManyBytes, retryAfterMs);
        if (!_context.Budget.TryTake(pending.BytesCharged)) return OverloadedAsync(requestId);
        Task<PutBodies>? put = null;
        if (_context.LargeBodies is { } bodies && !bodies.TryPut(push, accepted, out put))
        {
            _context.Budget.Give(pending.BytesCharged);
            return OverloadedAsync(requestId);
        }

        _window.Enter(pending.BytesCharged);
        _context.Instruments.BlobBytes(bytes, inward: true);
        _pushes!.Add(pending with { Put = put });
        return Task.CompletedTask;
    }

    // ACK is cumulative and has no reply: while one is under way, only the highest later one is kept.
    private Task TakeAckAsync(uint requestId, ulong through)
    {
        lock (_unaskedGate)
        {
            if (through > _ackThrough) (_ackThrough, _ackRequest) = (through, requestId);
            if (_acking) return Task.CompletedTask;
            _acking = true;
        }

        return StartAsync(requestId, AckAsync);
    }

    private async Task<WireMessage?> AckAsync()
    {
        ulong told = 0;
        while (true)
        {
            ulong through;
            uint requestId;
            lock (_unaskedGate)
            {
                (through, requestId) = (_ackThrough, _ackRequest);
                if (through == told)
                {
                    _acking = false;
                    return null;
                }
            }

            told = through;
            var request = new Immutable<AckRequest>(new AckRequest(_device, _context.Silo, through));
            if (Problem(await CallAsync(() => _grain!.AckAsync(request))) is { } problem) await SendQuietlyAsync(requestId, problem);
        }
    }

    private async Task<WireMessage?> PullAsync(uint requestId, Pull pull)
    {
        // One at a time: what else a session asks for at once waits here as small requests, and reads nothing once nobody is there to take it.
        using var turn = await _main.PageTurnAsync();
        var options = _context.Options;
        var request = new Immutable<PullRequest>(new PullRequest(
            _device, _context.Silo, pull.After.Value, Math.Clamp(pull.MaxBlobs, 1, (uint)options.PullBlobsMax), Math.Clamp(pull.MaxBytes, 1, (uint)options.PullBytesMax), _context.LargeBodies is not null));
        for (var attempt = 0; attempt < PageAttempts && !_main.IsGone; attempt++)
        {
            using var charge = new Charge(_context.Budget, _window);
            var called = await ReadPageAsync(request, charge);
            if (Problem(called) is { } problem) return problem;
            var page = called.Reply!;
            var bytes = page.Blobs.Sum(b => (long)b.BodyBytes);
            if (!charge.TrySet(bytes + page.Blobs.Length * GatewayContext.EntryBytes)) return Error(ErrorCode.RelayOverloaded);
            try
            {
                // A body went while it was read: the entries have changed, so ask for the page anew.
                if (await WholeAsync(page) is not { } whole) continue;
                _context.Instruments.BlobBytes(bytes, inward: false);

                // Sent here, so that the page's bytes count until the transport has them: a slow reader holds one page and no more.
                await SendQuietlyAsync(requestId, whole);
                return null;
            }
            catch (BodyStoreException)
            {
                return Error(ErrorCode.StoreUnavailable);
            }
        }

        if (!_main.IsGone) _context.LargeBodies!.Lost();
        return Error(ErrorCode.StoreUnavailable);
    }

    // Pages are the one large thing that a small request can ask for: so many at a time, each charged at its largest before the group is asked, and no place is held while a reader takes its time.
    private async Task<Called<PullReply>> ReadPageAsync(Immutable<PullRequest> request, Charge charge)
    {
        await _context.Pulls.WaitAsync();
        try
        {
            if (!charge.TrySet(Math.Min(GatewayContext.PageBytesMax(_context.Options, request.Value.MaxBytes), _context.Options.BytesMax / 2))) return new(null, ErrorCode.RelayOverloaded);
            return await CallAsync(() => _grain!.PullAsync(request));
        }
        finally
        {
            _context.Pulls.Release();
        }
    }

    // The page with the bodies that the group only named; null if one is not there.
    private async Task<PullResponse?> WholeAsync(PullReply page)
    {
        ReadOnlyMemory<byte>[]? read = [];
        if (page.Blobs.Any(b => b.Body is not null))
        {
            read = await _context.LargeBodies!.GetAsync(page.Blobs);
            if (read is null) return null;
        }

        var blobs = new PulledBlob[page.Blobs.Length];
        for (var i = 0; i < blobs.Length; i++)
        {
            var b = page.Blobs[i];
            blobs[i] = new PulledBlob(new Cursor(b.Cursor), b.State, new DeviceId(b.Sender), b.Sequence, new BlobId(b.Id), b.ReceivedAtMs, b.Body is null ? b.Envelope : read[i]);
        }

        return new PullResponse(new Cursor(page.Start), new Cursor(page.Through), new Cursor(page.Head), new Cursor(page.ExpiredThrough), blobs);
    }

    private async Task<WireMessage?> PresenceAsync()
    {
        var called = await CallAsync(() => _grain!.PresenceAsync(Asking()));
        return (WireMessage?)Problem(called) ?? new Presence(PresenceState.Active, new Cursor(called.Reply!.Head), _context.NowMs, called.Reply.OnlineDevices);
    }

    private async Task<WireMessage?> DeleteAsync(Delete delete)
    {
        var request = new Immutable<DeleteRequest>(new DeleteRequest(_device, _context.Silo, [.. delete.Blobs.Select(b => b.ToArray())]));
        return (WireMessage?)Problem(await CallAsync(() => _grain!.DeleteAsync(request))) ?? new Ok();
    }

    private async Task<WireMessage?> RevokeAsync(RevokeDevice revoke)
    {
        var request = new Immutable<RevokeRequest>(new RevokeRequest(_device, _context.Silo, revoke.Device.ToArray()));
        return (WireMessage?)Problem(await CallAsync(() => _grain!.RevokeAsync(request))) ?? new Ok();
    }

    private async Task<WireMessage?> DevicesAsync()
    {
        var called = await CallAsync(() => _grain!.DevicesAsync(Asking()));
        return (WireMessage?)Problem(called) ?? new Devices([.. called.Reply!.Devices.Select(d => new DeviceInfo(
            new DeviceId(d.Id), d.SealedName ?? [], d.FirstSeenMs, d.LastSeenMs, new Cursor(d.Acked), d.LastSequence, d.Online, d.Revoked))]);
    }

    private Immutable<DeviceRequest> Asking() => new(new DeviceRequest(_device, _context.Silo));

    private Task<Called<T>> CallAsync<T>(Func<Task<T>> call) where T : GroupReply => _context.Caller.CallAsync(call);

    private Task StartAsync(uint requestId, Func<Task<WireMessage?>> request) => _main.StartAsync(requestId, request);

    /// <inheritdoc/>
    public async Task ReplyAsync(IReadOnlyList<WireFrame> replies, long bytesCharged)
    {
        await _main.SendAllQuietlyAsync(replies);
        _main.Leave(bytesCharged, replies.Count);
    }

    private Task SendQuietlyAsync(uint requestId, WireMessage message) => _main.SendQuietlyAsync(requestId, message);

    private Task RefuseAsync(uint requestId, ErrorCode code, string text, uint retryAfterMs) => _main.RefuseAsync(requestId, code, text, retryAfterMs);

    private Task OverloadedAsync(uint requestId) => _main.OverloadedAsync(requestId);

    private ErrorMessage? Problem<T>(Called<T> called) where T : GroupReply
    {
        if (called.Reply is null) return Error(called.Code);
        return called.Reply.Code == ErrorCode.None ? null : Error(called.Reply.Code, called.Reply.RetryAfterMs);
    }

    private ErrorMessage Error(ErrorCode code, uint retryAfterMs = 0) => Refusals.Error(_context, code, retryAfterMs);
}
