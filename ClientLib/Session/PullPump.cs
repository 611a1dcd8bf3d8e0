using ZeroK.Client.Sync;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>Pulls page by page while there is more and room ahead of the app, and tells the relay what the app has.</summary>
internal sealed class PullPump(int relay, RelaySession session, Inbox inbox, EventHub events, SyncOptions options, Action<SessionInput> tell)
{
    private readonly PullPlan _plan = new(session.Welcome.Acked);

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="SessionFailedException">The session can't go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = inbox.Changed.Next;
            await AckAsync(cancellationToken).ConfigureAwait(false);
            var isBehind = PullPlan.IsBehind(inbox.IsRead(relay), inbox.Fetched(relay), inbox.Relay(relay).Head);
            if (_plan.Standing(isBehind) is { } standing) tell(standing);
            var bytesMax = Math.Min(session.Welcome.Limits.PullBytesMax, WireLimits.PullBytesMax);
            if (isBehind && PullPlan.Room(inbox.WaitingBytes, options.PrefetchBytes, bytesMax) is { } bytes) await PullAsync(bytes, cancellationToken).ConfigureAwait(false);
            else await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the relay what the app has, if that moved.</summary>
    public async ValueTask AckAsync(CancellationToken cancellationToken)
    {
        if (_plan.Ack(inbox.AckTarget(relay)) is not { } target) return;
        await session.SendAsync(new Ack(target), cancellationToken).ConfigureAwait(false);
        _plan.AckSent(target);
    }

    private async Task PullAsync(uint bytes, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.pull");
        var limits = session.Welcome.Limits;
        var (after, told) = (inbox.Fetched(relay), inbox.Relay(relay).Head);
        var reply = await session.RequestAsync(new Pull(after, Math.Min(limits.PullBlobsMax, WireLimits.PullBlobsMax), bytes), cancellationToken).ConfigureAwait(false);
        switch (reply)
        {
            case PullResponse page when PageRules.Problem(after, page) is { } problem:
                events.Publish(new RelayMisbehaved(options.Time.GetUtcNow(), problem));
                throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay sent a page that breaks the rules: " + problem);
            case PullResponse page:
                inbox.Take(relay, page, told);
                activity?.SetTag("blobs", page.Blobs.Count);
                break;
            case ErrorMessage error when ErrorCodes.RetryOf(error.Code) != Retry.Never:
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(error.RetryAfterMs, 100, (uint)options.BackoffMax.TotalMilliseconds + 100)), options.Time, cancellationToken).ConfigureAwait(false);
                break;
            case ErrorMessage error:
                throw SessionFailedException.Of(error.Code, error.RetryAfterMs);
            default:
                throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay answered a pull with something else.");
        }
    }
}
