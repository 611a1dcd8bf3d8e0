using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

public sealed partial class GroupState
{
    /// <summary>How far when a named body was put may lie from now, by two relays' clocks. What is older may soon be dropped as an orphan; what is newer comes from a clock that is wrong.</summary>
    internal static readonly TimeSpan BodyAgeMax = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan BackwardsMax = TimeSpan.FromMinutes(5);

    /// <summary>Gives cursors to a batch of an admitted device. Results are to be told only when <see cref="Head"/> has reached <see cref="PushDecision.WaitFor"/>.</summary>
    /// <param name="id">The device.</param>
    /// <param name="items">Its blobs, in order.</param>
    /// <param name="nowMs">By the relay's clock.</param>
    /// <param name="room">Why the relay has no room for new blobs of this group; None: it has.</param>
    /// <remarks>A blob that was pushed before gets its first result again, or cursor 0 when it has been forgotten. What lies before the device's first blob here was never here: it is refused. Once a blob is refused, the rest of the batch is refused with OUT_OF_ORDER.</remarks>
    public PushDecision Push(DeviceId id, IReadOnlyList<PushItem> items, ulong nowMs, ErrorCode room = ErrorCode.None)
    {
        ArgumentNullException.ThrowIfNull(items);
        var device = _devices[id];
        var results = new PushItemResult[items.Count];
        var waitFor = Cursor.Zero;
        var before = LastCursor;
        var refused = false;
        for (var i = 0; i < results.Length; i++)
        {
            if (refused)
            {
                results[i] = new PushItemResult(ErrorCode.OutOfOrder, 0, 0, 0);
                continue;
            }

            var result = PushOne(device, items[i], nowMs, room);
            results[i] = result;
            refused = result.Code != ErrorCode.None;
            waitFor = Later(waitFor, new Cursor(result.Cursor));
        }

        return new PushDecision(results, (int)(LastCursor.Value - before.Value), waitFor);
    }

    private PushItemResult PushOne(GroupDevice device, PushItem item, ulong nowMs, ErrorCode room)
    {
        if (item.Sequence is 0 or > GroupCommitCheck.NumberMax || item.Id is not { Length: BlobId.Size } || !HasBody(item)) return Refuse(ErrorCode.InvalidMessage);
        var blob = new BlobId(item.Id);
        if (item.Sequence <= device.LastSequence) return PushedBefore(device, item.Sequence, blob);
        if (device.LastSequence != 0 && item.Sequence != device.LastSequence + 1) return Refuse(ErrorCode.OutOfOrder);
        if (_byBlob.TryGetValue(blob, out var other))
            return Refuse(other.Sender == device ? ErrorCode.SequenceConflict : ErrorCode.InvalidMessage);
        if (item.BodyBytes > _options.EnvelopeBytesMax) return Refuse(ErrorCode.BlobTooLarge);
        if (item.Body is { } body && !IsRecent(body, nowMs)) return Refuse(ErrorCode.StoreUnavailable, _options.RetryAfterStoreFailure);
        if (room != ErrorCode.None) return Refuse(room, _options.RetryAfterStoreFailure);
        if (UsedBytes + item.BodyBytes + GroupOptions.EntryOverheadBytes > _options.GroupBytesMax)
            return Refuse(ErrorCode.GroupQuotaExceeded, _options.RetryAfterStoreFailure);
        if (LastCursor.Value - Head.Value >= (ulong)_options.InFlightBlobsMax || _inFlightBytes + InlineBytes(item) > _options.InFlightBytesMax)
            return Refuse(ErrorCode.RelayOverloaded, _options.RetryAfterOverload);
        return Append(device, item, blob, nowMs);
    }

    private PushItemResult Append(GroupDevice device, PushItem item, BlobId blob, ulong nowMs)
    {
        // Times don't go back within a group, so that expiry takes entries from the front; but for a clock that was wrong by more than a little.
        var receivedAtMs = _lastReceivedAtMs > nowMs && _lastReceivedAtMs - nowMs <= (ulong)BackwardsMax.TotalMilliseconds ? _lastReceivedAtMs : nowMs;
        LastCursor = LastCursor.Next;
        AddEntry(new GroupEntry(LastCursor, device, item.Sequence, blob, receivedAtMs) { BodyBytes = item.BodyBytes });
        _appends.Add(new Append(LastCursor, device.Id, item.Sequence, blob, receivedAtMs, item.Envelope) { Elsewhere = item.Body });
        _inFlightBytes += InlineBytes(item);
        device.Pushed(item.Sequence, blob);
        return new PushItemResult(ErrorCode.None, LastCursor.Value, receivedAtMs, 0);
    }

    private PushItemResult PushedBefore(GroupDevice device, ulong sequence, BlobId blob)
    {
        if (_bySequence.TryGetValue((device, sequence), out var entry))
            return entry.Blob == blob ? new PushItemResult(ErrorCode.None, entry.Cursor.Value, entry.ReceivedAtMs, 0, IsRepeat: true) : Refuse(ErrorCode.SequenceConflict);
        if (sequence < device.FirstSequence) return Refuse(ErrorCode.OutOfOrder);
        if (sequence == device.LastSequence && device.LastBlob is { } last && last != blob) return Refuse(ErrorCode.SequenceConflict);
        return new PushItemResult(ErrorCode.None, 0, 0, 0, IsRepeat: true);
    }

    // Bytes, or a name: one of both.
    private static bool HasBody(PushItem item) => item.Body is { } body ? item.Envelope is null && body.Bytes > 0 && body.Name != Guid.Empty : item.Envelope is not null;

    private static bool IsRecent(NamedBody body, ulong nowMs) => Math.Max(nowMs, body.PutAtMs) - Math.Min(nowMs, body.PutAtMs) <= (ulong)BodyAgeMax.TotalMilliseconds;

    // What waits in memory: a named body doesn't.
    private static int InlineBytes(PushItem item) => item.Envelope?.Length ?? 0;

    private static PushItemResult Refuse(ErrorCode code, TimeSpan retryAfter = default) => new(code, 0, 0, (uint)retryAfter.TotalMilliseconds);
}

/// <summary>What became of a PUSH.</summary>
/// <param name="Results">One a blob, in order.</param>
/// <param name="Appended">New entries: they need a commit.</param>
/// <param name="WaitFor">The highest cursor among the results.</param>
public sealed record PushDecision(PushItemResult[] Results, int Appended, Cursor WaitFor);
