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
internal sealed record PendingPush(uint RequestId, Push Message, int Accepted, ErrorCode Refused, long BytesCharged, long ReadAt);

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
        while (TakeBatch() is { } batch)
        {
            var items = new PushItem[batch.Sum(p => p.Accepted)];
            var at = 0;
            foreach (var push in batch)
            {
                for (var i = 0; i < push.Accepted; i++)
                {
                    var blob = push.Message.Blobs[i];
                    items[at++] = new PushItem(blob.Id.ToArray(), blob.Sequence, Bytes.ArrayOf(blob.Envelope));
                }
            }

            var request = new Immutable<PushRequest>(new PushRequest(_device, context.Silo, items));
            var called = await context.Caller.CallAsync(() => grain.PushAsync(request));
            await AnswerAsync(batch, called, items.Length);
        }
    }

    // At least one push; more while they fit into one PUSH's limits. Null when there is none: the pump stops, and the next Add starts it again.
    private List<PendingPush>? TakeBatch()
    {
        lock (_gate)
        {
            if (_waiting is null || !_waiting.TryDequeue(out var first))
            {
                _running = false;
                _waiting = null;
                return null;
            }

            List<PendingPush> batch = [first];
            var (blobs, bytes) = (first.Accepted, first.BytesCharged);
            while (_waiting.TryPeek(out var next) && blobs + next.Accepted <= WireLimits.PushBlobsMax && bytes + next.BytesCharged <= WireLimits.PushBytesMax)
            {
                (blobs, bytes) = (blobs + next.Accepted, bytes + next.BytesCharged);
                batch.Add(_waiting.Dequeue());
            }

            return batch;
        }
    }

    private async Task AnswerAsync(List<PendingPush> batch, Called<PushReply> called, int sent)
    {
        var reply = called.Reply;
        var code = reply is null ? called.Code : reply.Code;
        if (code == ErrorCode.None && reply!.Results?.Length != sent) code = ErrorCode.Internal;
        var retryAfterMs = reply is { RetryAfterMs: > 0 } ? reply.RetryAfterMs : (uint)context.Options.RetryAfterMs;
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
                answer = new ErrorMessage(code, ErrorCodes.RetryOf(code) == Retry.Never ? 0 : retryAfterMs, Refusals.TextOf(code));
            }

            replies[i] = new WireFrame(push.RequestId, answer);
        }

        await owner.ReplyAsync(replies, batch.Sum(p => p.BytesCharged));
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
