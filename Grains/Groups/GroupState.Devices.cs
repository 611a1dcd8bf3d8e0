using System.Security.Cryptography;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

public sealed partial class GroupState
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Admits a device, or says why not. The answer waits for the commit of its row: an owner that was superseded without knowing it is fenced by that, and does not tell an old head.</summary>
    /// <param name="id">The device.</param>
    /// <param name="admissionHash">The hash of the key that it has proved to have.</param>
    /// <param name="sealedName">Its name; empty for the one that is known.</param>
    /// <param name="nowMs">By the relay's clock.</param>
    public HelloDecision Hello(DeviceId id, ReadOnlySpan<byte> admissionHash, byte[] sealedName, ulong nowMs)
    {
        ArgumentNullException.ThrowIfNull(sealedName);
        if (!CryptographicOperations.FixedTimeEquals(admissionHash, _admissionHash)) return new(ErrorCode.Unauthorized);
        if (sealedName.Length > WireLimits.SealedNameBytesMax) return new(ErrorCode.InvalidMessage);
        if (_devices.TryGetValue(id, out var device))
        {
            if (device.Revoked) return new(ErrorCode.DeviceRevoked);
            device.LastSeenMs = nowMs;
            if (sealedName.Length > 0) device.SealedName = sealedName;
        }
        else
        {
            if (MakeRoomForDevice(nowMs) is var code && code != ErrorCode.None) return new(code);
            device = new GroupDevice(id, nowMs) { SealedName = sealedName, Acked = Before(HistoryStart) };
            AddDevice(device);
        }

        _usedAtMs = nowMs;
        _changedDevices.Add(device);
        return new(ErrorCode.None, Later(device.Acked, Before(HistoryStart)), device.LastSequence, device.LastBlob, _board.Count);
    }

    /// <summary>Whether a device may call: <see cref="ErrorCode.None"/>, UNAUTHORIZED for one that never said HELLO, or DEVICE_REVOKED.</summary>
    public ErrorCode Admit(DeviceId id, ulong nowMs)
    {
        if (!_devices.TryGetValue(id, out var device)) return ErrorCode.Unauthorized;
        if (device.Revoked) return ErrorCode.DeviceRevoked;
        device.LastSeenMs = _usedAtMs = nowMs;
        return ErrorCode.None;
    }

    /// <summary>Blocks a device. What it has not read stays until its time is over: whoever blocks the others must not empty the group. Blocking it again changes nothing; a device that the group does not have is refused with INVALID_MESSAGE, one too many in an hour with RATE_LIMITED.</summary>
    public ErrorCode Revoke(DeviceId target, ulong nowMs)
    {
        if (!_devices.TryGetValue(target, out var device)) return ErrorCode.InvalidMessage;
        if (device.Revoked) return ErrorCode.None;
        if (_devices.Values.Count(d => d.Revoked && IsWithin(Hour, d.LastSeenMs, nowMs)) >= _options.BlockedDevicesPerHourMax) return ErrorCode.RateLimited;
        if (device.Acked < LastCursor) _heldThrough = LastCursor;
        _board.Remove(device);
        device.Revoked = true;

        // A blocked device was last seen when it was blocked: from then on its row is kept.
        device.LastSeenMs = nowMs;
        _changedDevices.Add(device);
        Forget();
        Trim();
        return ErrorCode.None;
    }

    /// <summary>Whether nobody has used the group for so long that it may go: sooner if it never held a blob.</summary>
    public bool IsUnused(ulong nowMs, ClockSteps steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        return _log.Count == 0 && !HasChanges && steps.IsOver(_usedAtMs, KeptUnused, nowMs);
    }

    private TimeSpan KeptUnused => LastCursor == Cursor.Zero ? _options.EmptyGroupKeep : _options.GroupKeep;

    // Whole hours, so that a group's row tells something new of it once an hour.
    private ulong KeptUntilMs => (_usedAtMs + (ulong)KeptUnused.TotalMilliseconds) / (ulong)Hour.TotalMilliseconds * (ulong)Hour.TotalMilliseconds + (ulong)Hour.TotalMilliseconds;

    private ErrorCode MakeRoomForDevice(ulong nowMs)
    {
        if (_board.Count >= _options.DevicesMax) return ErrorCode.TooManyDevices;
        if (_devices.Values.Count(d => IsWithin(Hour, d.FirstSeenMs, nowMs)) >= _options.NewDevicesPerHourMax) return ErrorCode.RateLimited;
        if (_devices.Count < 4 * _options.DevicesMax) return ErrorCode.None;

        // Whoever is blocked longest goes: made-up devices must not close the group.
        if (_devices.Values.Where(d => d is { Revoked: true, Kept: 0 }).MinBy(d => d.LastSeenMs) is not { } oldest) return ErrorCode.TooManyDevices;
        RemoveDevice(oldest);
        return ErrorCode.None;
    }

    // A device that has neither read nor pushed is kept twice as long as a blob: it misses none that it could have had.
    private void ExpireDevices(ulong nowMs, ClockSteps steps)
    {
        var keep = _options.DeviceKeep > _options.TimeToLive ? _options.DeviceKeep : _options.TimeToLive;
        var away = _devices.Values.Where(d => d.Kept == 0 && steps.IsOver(d.LastSeenMs, d is { Revoked: false, LastSequence: 0, HasRead: false } ? 2 * _options.TimeToLive : keep, nowMs)).ToList();
        if (away.Count == 0) return;
        foreach (var device in away) RemoveDevice(device);

        // What they alone had not read goes: to whoever comes back, it has expired.
        var dropped = _dropped.Count;
        Forget();
        for (var i = dropped; i < _dropped.Count; i++) _expiredThrough = Later(_expiredThrough, _dropped[i].Cursor);
        Trim();
    }

    private void AddDevice(GroupDevice device)
    {
        _devices.Add(device.Id, device);
        _gone.Remove(device.Id);
        if (!device.Revoked) _board.Add(device);
    }

    private void RemoveDevice(GroupDevice device)
    {
        _devices.Remove(device.Id);
        _board.Remove(device);
        _changedDevices.Remove(device);
        _gone.Add(device.Id);
    }

    private static bool IsWithin(TimeSpan span, ulong thenMs, ulong nowMs) => nowMs - Math.Min(thenMs, nowMs) < (ulong)span.TotalMilliseconds && thenMs <= nowMs;
}

/// <summary>What became of a HELLO.</summary>
/// <param name="Code">Why not, or None.</param>
/// <param name="Acked">What it has acknowledged, at least the cursor before the kept history.</param>
/// <param name="LastSequence">The highest sequence known from it.</param>
/// <param name="LastBlob">The blob of that sequence.</param>
/// <param name="Devices">Devices that are not blocked.</param>
public readonly record struct HelloDecision(ErrorCode Code, Cursor Acked = default, ulong LastSequence = 0, BlobId? LastBlob = null, int Devices = 0);
