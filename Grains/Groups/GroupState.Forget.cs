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
        device.Acked = through;
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

    /// <summary>Blocks a device and drops what was kept only for it. Blocking it again changes nothing; a device that the group does not have is refused with INVALID_MESSAGE.</summary>
    public ErrorCode Revoke(DeviceId target)
    {
        if (!_devices.TryGetValue(target, out var device)) return ErrorCode.InvalidMessage;
        if (device.Revoked) return ErrorCode.None;
        device.Revoked = true;
        _changedDevices.Add(device);
        Forget();
        Trim();
        return ErrorCode.None;
    }

    /// <summary>Drops entries whose time to live is over, oldest first, at most <paramref name="most"/>.</summary>
    /// <returns>Entries that went; <paramref name="most"/> if there may be more.</returns>
    public int Expire(ulong nowMs, int most)
    {
        var ttlMs = (ulong)_options.TimeToLive.TotalMilliseconds;
        if (nowMs < ttlMs) return 0;
        var gone = 0;
        while (gone < most && _log.First is { } entry && entry.Cursor <= Head && entry.ReceivedAtMs < nowMs - ttlMs)
        {
            if (entry.State == BlobState.Present) _expiredThrough = entry.Cursor;
            RemoveFirst();
            gone++;
        }

        Trim();
        return gone;
    }

    // A blob goes when every device it was for has it: all but its sender, blocked ones not counted, at least one.
    // What a sender's blobs wait for rises only, except when a device joins; and that one needs nothing older
    // than itself to be looked at again. So each sender remembers how far its blobs were looked at.
    private void Forget()
    {
        var active = _devices.Values.Where(d => !d.Revoked).ToList();
        var from = Cursor.Zero;
        var to = Cursor.Zero;
        var thresholds = new Dictionary<GroupDevice, Cursor>();
        foreach (var sender in _devices.Values)
        {
            var others = active.Where(d => d != sender).ToList();
            if (others.Count == 0) continue;
            var ackedByAll = others.Min(d => d.Acked);
            if (ackedByAll <= sender.ForgottenThrough) continue;
            from = thresholds.Count == 0 || sender.ForgottenThrough < from ? sender.ForgottenThrough : from;
            to = Later(to, ackedByAll);
            thresholds[sender] = ackedByAll;
            sender.ForgottenThrough = ackedByAll;
        }

        for (var cursor = Later(from.Next, HistoryStart); cursor <= to; cursor = cursor.Next)
        {
            if (_log[cursor] is { State: BlobState.Present } entry && thresholds.TryGetValue(entry.Sender, out var acked) && cursor <= acked)
                Drop(entry, BlobState.Forgotten);
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
        if (_byBlob.TryGetValue(entry.Blob, out var same) && same == entry) _byBlob.Remove(entry.Blob);

        // The device's row must tell what this entry told.
        if (entry.Sender.WrittenSequence < entry.Sequence) _changedDevices.Add(entry.Sender);
    }
}
