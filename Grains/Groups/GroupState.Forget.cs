using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

public sealed partial class GroupState
{
    /// <summary>An admitted device has everything up to a cursor. Cumulative: an older one changes nothing. Beyond the head it is refused.</summary>
    public ErrorCode Ack(DeviceId id, Cursor through)
    {
        if (through > Head) return ErrorCode.InvalidMessage;
        var device = _devices[id];
        if (through <= device.Acked) return ErrorCode.None;
        _board.Move(device, through);
        device.HasRead = true;
        _changedDevices.Add(device);
        Forget();
        Trim();
        return ErrorCode.None;
    }

    /// <summary>Deletes blobs of an admitted device: all, or none if one of them is another's. Unknown ones are gone already.</summary>
    public ErrorCode Delete(DeviceId id, IReadOnlyList<BlobId> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var device = _devices[id];
        if (blobs.Any(b => _byBlob.TryGetValue(b, out var e) && e.Sender != device)) return ErrorCode.NotBlobOwner;
        foreach (var blob in blobs)
        {
            if (_byBlob.TryGetValue(blob, out var entry) && entry.State == BlobState.Present) Drop(entry, BlobState.Deleted);
        }

        Trim();
        return ErrorCode.None;
    }

    /// <summary>Drops entries whose time to live is over, oldest first, at most <paramref name="most"/>; then devices that have been away for too long.</summary>
    /// <param name="nowMs">By the relay's clock.</param>
    /// <param name="most">Entries.</param>
    /// <param name="steps">How the relay's clock was set while it ran.</param>
    /// <returns>Entries that went; <paramref name="most"/> if there may be more.</returns>
    public int Expire(ulong nowMs, int most, ClockSteps? steps = null)
    {
        steps ??= ClockSteps.None;
        var gone = 0;
        while (gone < most && _log.First is { } entry && entry.Cursor <= Head && steps.IsOver(entry.ReceivedAtMs, _options.TimeToLive, nowMs))
        {
            if (entry.State == BlobState.Present) _expiredThrough = entry.Cursor;
            RemoveFirst();
            gone++;
        }

        Trim();
        if (gone < most) ExpireDevices(nowMs, steps);

        // A group that is only read writes nothing else for long.
        _rowChanged |= KeptUntilMs > _writtenKeptUntilMs;
        return gone;
    }

    // A blob goes when every device it was for has it: all but its sender, blocked ones not counted, at least one.
    // What was there when somebody who had not read it was blocked goes only when its time is over: blocking is not reading.
    // All but the device that is furthest behind wait for that one, and its own blobs for the next one. So what is
    // waited for rises only, except when a device joins, which needs nothing older than itself to be looked at again.
    private void Forget()
    {
        var (last, next) = _board.Behind();
        if (last is null) return;

        // With one device left, its own blobs are looked at again when there is another.
        var from = next is null && _alone.Device == last ? Later(_forgottenThrough, _alone.Through) : _forgottenThrough;
        for (var cursor = Later(Later(from, _heldThrough).Next, HistoryStart); cursor <= last.Acked; cursor = cursor.Next)
        {
            LookedAt++;
            if (_log[cursor] is { State: BlobState.Present } entry && entry.Sender != last) Drop(entry, BlobState.Forgotten);
        }

        if (next is null)
        {
            _alone = (last, last.Acked);
            return;
        }

        _forgottenThrough = Later(_forgottenThrough, last.Acked);
        ForgetOwn(last, next.Acked);
    }

    // A device's sequences have no hole: its entries are found by them.
    private void ForgetOwn(GroupDevice sender, Cursor through)
    {
        for (var sequence = Math.Max(sender.ForgottenSequence + 1, sender.KeptFrom); sequence <= sender.LastSequence; sequence++)
        {
            LookedAt++;
            if (_bySequence.TryGetValue((sender, sequence), out var entry))
            {
                if (entry.Cursor > through) break;
                if (entry.State == BlobState.Present && entry.Cursor > _heldThrough) Drop(entry, BlobState.Forgotten);
            }

            sender.ForgottenSequence = sequence;
        }
    }

    private void Drop(GroupEntry entry, BlobState state)
    {
        UsedBytes -= entry.BodyBytes;
        entry.BodyBytes = 0;
        entry.State = state;
        _dropped.Add((entry.Cursor, state));
    }

    private void Trim()
    {
        while (_log.First is { } entry && entry.State != BlobState.Present && entry.Cursor <= Head) RemoveFirst();
    }

    private void RemoveFirst()
    {
        var entry = _log.First!;
        _log.RemoveFirst();
        _rowChanged = true;
        UsedBytes -= entry.BodyBytes + GroupOptions.EntryOverheadBytes;
        _bySequence.Remove((entry.Sender, entry.Sequence));
        entry.Sender.KeptFrom = entry.Sequence + 1;
        entry.Sender.Kept--;
        if (_byBlob.TryGetValue(entry.Blob, out var same) && same == entry) _byBlob.Remove(entry.Blob);

        // The device's row must tell what this entry told.
        if (entry.Sender.WrittenSequence < entry.Sequence) _changedDevices.Add(entry.Sender);
    }
}
