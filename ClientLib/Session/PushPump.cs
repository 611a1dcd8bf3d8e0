using System.Threading.Channels;
using ZeroK.Client.Outbox;
using ZeroK.Client.Store;
using ZeroK.Client.Sync;
using ZeroK.Wire;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Session;

/// <summary>Sends the outbox through one session: in sequence order, several PUSHes under way, each acknowledged prefix leaves the outbox. After a refusal it goes back to the first blob that was not acknowledged.</summary>
internal sealed class PushPump(int relay, RelaySession session, DurableOutbox outbox, EventHub events, SyncOptions options, Random jitter, Action changed)
{
    private readonly Channel<(IReadOnlyList<OutboxEntry> Entries, Task<WireMessage> Reply)> _underWay = NewChannel.CreateUnbounded<(IReadOnlyList<OutboxEntry>, Task<WireMessage>)>();
    private readonly Signal _room = new();
    private readonly Lock _gate = new();
    private readonly PushWindow _window = new(outbox.Lane(relay).State.Delivered, session.Welcome.LastSequence > 0, options.PushWindowBlobs, options.PushWindowBytes);
    private int _refusals;
    private ErrorCode _told;

    private ulong Delivered => outbox.Lane(relay).State.Delivered;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="SessionFailedException">The session can't go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(SendAsync(ending.Token), ReadAcksAsync(ending.Token)).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await first.ConfigureAwait(false);
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var limits = session.Welcome.Limits;
        while (true)
        {
            var (changed, room) = (outbox.Changed.Next, _room.Next);
            var entries = Next((int)Math.Min(limits.PushBlobsMax, WireLimits.PushBlobsMax), Math.Min(limits.PushBytesMax, WireLimits.PushBytesMax));
            if (entries.Count == 0)
            {
                await Task.WhenAny(changed, room).WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            var reply = RequestAsync(entries, cancellationToken);
            _underWay.Writer.TryWrite((entries, reply));
        }
    }

    private async Task<WireMessage> RequestAsync(IReadOnlyList<OutboxEntry> entries, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.send");
        activity?.SetTag("blobs", entries.Count);
        return await session.RequestAsync(new Push([.. entries.Select(e => new PushBlob(e.Id, e.Sequence, e.Envelope))]), cancellationToken).ConfigureAwait(false);
    }

    private IReadOnlyList<OutboxEntry> Next(int blobsMax, long bytesMax)
    {
        lock (_gate)
        {
            if (outbox.Lane(relay).State.IsGivenUp || _window.Room(blobsMax, bytesMax) is not var (from, blobs, bytes)) return [];
            var entries = outbox.Read(from, blobs, bytes);
            _window.Sent(entries);
            return entries;
        }
    }

    private async Task ReadAcksAsync(CancellationToken cancellationToken)
    {
        await foreach (var (entries, reply) in _underWay.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            var results = await reply.ConfigureAwait(false) switch
            {
                PushAck ack when ack.Results.Count == entries.Count => ack.Results,
                ErrorMessage error => [.. entries.Select(e => new PushResult(e.Id, error.Code, Cursor.Zero, 0, error.RetryAfterMs))],
                _ => throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay answered a push with something else."),
            };
            lock (_gate) _window.Returned(entries);
            await SettleAsync(entries, results, cancellationToken).ConfigureAwait(false);
            _room.Pulse();
        }
    }

    private async Task SettleAsync(IReadOnlyList<OutboxEntry> entries, IReadOnlyList<PushResult> results, CancellationToken cancellationToken)
    {
        var settled = PushWindow.Settle(entries, results, Delivered);
        outbox.Acknowledged(relay, settled.Accepted);
        if (settled.Accepted.Count > 0)
        {
            (_refusals, _told) = (0, ErrorCode.None);
            lock (_gate) _window.Taken();
        }

        if (settled is { Refused: { } entry, Result: { } refused }) await RefusedAsync(entry, refused, cancellationToken).ConfigureAwait(false);
    }

    // The first blob that is not acknowledged was refused: let what is under way come back, then begin again at it.
    private async Task RefusedAsync(OutboxEntry entry, PushResult refused, CancellationToken cancellationToken)
    {
        lock (_gate) _window.Pause();
        var what = PushWindow.RefusalOf(refused.Code);
        if (_told != refused.Code) events.Publish(new PushRefused(options.Time.GetUtcNow(), entry.Sequence, refused.Code, ErrorCodes.RetryOf(refused.Code) != Retry.Never, WhatToDo.About(refused.Code)));
        _told = refused.Code;
        if (what != PushRefusal.TryAgain)
        {
            outbox.Refused(relay, new SyncException(refused.Code, WhatToDo.About(refused.Code)));
            if (what == PushRefusal.EndSession) throw SessionFailedException.Of(refused.Code, 0);
            changed();
            return;
        }

        var delay = SessionMachine.FullJitter(_refusals++, options.BackoffFirst, options.BackoffMax, jitter.NextDouble());
        var asked = TimeSpan.FromMilliseconds(Math.Min(refused.RetryAfterMs, options.BackoffMax.TotalMilliseconds));
        while (_underWay.Reader.TryRead(out var later))
        {
            await later.Reply.ConfigureAwait(false);
            lock (_gate) _window.Returned(later.Entries);
        }

        await Task.Delay(delay > asked ? delay : asked, options.Time, cancellationToken).ConfigureAwait(false);
        lock (_gate) _window.Resume(Delivered);
    }
}
