using Orleans.Concurrency;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>One PUSH that was read: which of its blobs go to the group, and what is said about the rest.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Message">What was sent.</param>
/// <param name="Accepted">The first so many blobs go to the group.</param>
/// <param name="Refused">Why the blob after those was refused; the ones after it are out of order.</param>
/// <param name="BytesCharged">What it holds of the window and the budget.</param>
/// <param name="ReadAt">When it was read, a timestamp.</param>
internal sealed record PendingPush(uint RequestId, Push Message, int Accepted, ErrorCode Refused, long BytesCharged, long ReadAt)
{
    /// <summary>Its large bodies on their way to their store; null if it has none.</summary>
    public Task<PutBodies>? Put { get; init; }

    /// <summary>Whether nothing is to be waited for before the group is called.</summary>
    public bool IsReady => Put is null or { IsCompletedSuccessfully: true, Result.Code: ErrorCode.None };
}

/// <summary>What a push pump needs of its session.</summary>
internal interface IPushOwner
{
    DeviceId Device { get; }

    /// <summary>Sends replies together and counts their requests out. Never throws.</summary>
    Task ReplyAsync(IReadOnlyList<WireFrame> replies, long bytesCharged);
}

/// <summary>One session's pushes: in order, one grain call at a time; what arrives meanwhile goes together in the next. Bounded by the session's window, which the reader respects.</summary>
internal sealed class PushPump(GatewayContext context, IPushOwner owner, IGroupGrain grain)
{
    private readonly Lock _gate = new();
    private readonly byte[] _device = owner.Device.ToArray();
    private Queue<PendingPush>? _waiting;
    private bool _running;

    public void Add(PendingPush push)
    {
        lock (_gate)
        {
            (_waiting ??= new Queue<PendingPush>(1)).Enqueue(push);
            if (_running) return;
            _running = true;
        }

        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        // After what the reader has at hand already: those pushes go together.
        await Task.Yield();
        while (TakeFirst() is { } first)
        {
            // A body is durable before the group hears of it; what was pushed after it waits, in order.
            if (first.Put is { } put && (await put).Code is var code and not ErrorCode.None)
            {
                context.Instruments.Refused(code);
                await owner.ReplyAsync([new WireFrame(first.RequestId, ErrorOf(code, 0))], first.BytesCharged);
                continue;
            }

            var batch = TakeBatch(first);
            var (called, sent) = await PushAsync(batch);
            await AnswerAsync(batch, called, sent);
        }
    }

    private async Task<(Called<PushReply> Called, int Sent)> PushAsync(List<PendingPush> batch)
    {
        var items = ItemsOf(batch, byName: true);
        var called = await CallAsync(items);
        if (!items.Any(i => i.Body is not null)) return (called, items.Length);
        await context.LargeBodies!.DropAsync(UnusedNames(items, called));

        // A relay that knows no names has the group, while the cluster is upgraded.
        if (called.Reply is { Code: ErrorCode.None, TakesNames: false }) called = await CallAsync(ItemsOf(batch, byName: false));
        return (called, items.Length);
    }

    private Task<Called<PushReply>> CallAsync(PushItem[] items)
    {
        var request = new Immutable<PushRequest>(new PushRequest(_device, context.Silo, items));
        return context.Caller.CallAsync(() => grain.PushAsync(request));
    }

    private static PushItem[] ItemsOf(List<PendingPush> batch, bool byName)
    {
        var items = new PushItem[batch.Sum(p => p.Accepted)];
        var at = 0;
        foreach (var push in batch)
        {
            for (var i = 0; i < push.Accepted; i++)
            {
                var blob = push.Message.Blobs[i];
                var body = byName ? push.Put?.Result.Bodies[i] : null;
                items[at++] = new PushItem(blob.Id.ToArray(), blob.Sequence, body is null ? Bytes.ArrayOf(blob.Envelope) : null, body);
            }
        }

        return items;
    }

    /// <summary>Names that no entry has and none will: the group has refused their blobs, or had them before. None where the outcome is unknown, or the call was made twice: the first one may still be under way.</summary>
    internal static List<Guid> UnusedNames(PushItem[] items, Called<PushReply> called)
    {
        if (called is { WasRepeated: true } or { Reply: null } or { Reply.Code: ErrorCode.RelayOverloaded or ErrorCode.StoreUnavailable or ErrorCode.Internal }) return [];
        var results = called.Reply.Results;
        var all = called.Reply.Code != ErrorCode.None;
        if (!all && results?.Length != items.Length) return [];
        return [.. items.Where((item, i) => item.Body is not null && (all || results![i].Code != ErrorCode.None || results[i].IsRepeat)).Select(i => i.Body!.Name)];
    }

    // The next push. Null when there is none: the pump stops, and the next Add starts it again.
    private PendingPush? TakeFirst()
    {
        lock (_gate)
        {
            if (_waiting is not null && _waiting.TryDequeue(out var first)) return first;
            _running = false;
            _waiting = null;
            return null;
        }
    }

    // What follows a push and is ready goes along while it fits into one PUSH's limits.
    private List<PendingPush> TakeBatch(PendingPush first)
    {
        List<PendingPush> batch = [first];
        var (blobs, bytes) = (first.Accepted, first.BytesCharged);
        lock (_gate)
        {
            while (_waiting!.TryPeek(out var next) && next.IsReady && blobs + next.Accepted <= WireLimits.PushBlobsMax && bytes + next.BytesCharged <= WireLimits.PushBytesMax)
            {
                (blobs, bytes) = (blobs + next.Accepted, bytes + next.BytesCharged);
                batch.Add(_waiting.Dequeue());
            }
        }

        return batch;
    }

    private async Task AnswerAsync(List<PendingPush> batch, Called<PushReply> called, int sent)
    {
        var reply = called.Reply;
        var code = reply is null ? called.Code : reply.Code;
        if (code == ErrorCode.None && reply!.Results?.Length != sent) code = ErrorCode.Internal;
        var at = 0;
        var replies = new WireFrame[batch.Count];
        for (var i = 0; i < replies.Length; i++)
        {
            var push = batch[i];
            WireMessage answer;
            if (code == ErrorCode.None)
            {
                answer = AckOf(push, reply!.Results.AsSpan(at, push.Accepted));
                at += push.Accepted;
                context.Instruments.Pushed(context.Time.GetElapsedTime(push.ReadAt));
            }
            else
            {
                context.Instruments.Refused(code);
                answer = ErrorOf(code, reply?.RetryAfterMs ?? 0);
            }

            replies[i] = new WireFrame(push.RequestId, answer);
        }

        await owner.ReplyAsync(replies, batch.Sum(p => p.BytesCharged));
    }

    private ErrorMessage ErrorOf(ErrorCode code, uint retryAfterMs)
    {
        if (retryAfterMs == 0) retryAfterMs = (uint)context.Options.RetryAfterMs;
        return new ErrorMessage(code, ErrorCodes.RetryOf(code) == Retry.Never ? 0 : retryAfterMs, Refusals.TextOf(code));
    }

    /// <summary>The acknowledgement of a push: the group's results for the first blobs, the gateway's refusal for the rest.</summary>
    internal static PushAck AckOf(PendingPush push, ReadOnlySpan<PushItemResult> results)
    {
        var blobs = push.Message.Blobs;
        var acks = new PushResult[blobs.Count];
        for (var i = 0; i < acks.Length; i++)
        {
            acks[i] = i < results.Length ? new PushResult(blobs[i].Id, results[i].Code, new Cursor(results[i].Cursor), results[i].ReceivedAtMs, results[i].RetryAfterMs)
                : new PushResult(blobs[i].Id, i == push.Accepted ? push.Refused : ErrorCode.OutOfOrder, Cursor.Zero, 0, 0);
        }

        return new PushAck(acks);
    }
}
