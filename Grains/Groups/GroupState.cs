using System.Security.Cryptography;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>The rules of a group: commands in, decisions out. No I/O, no clock: time is passed in, Unix milliseconds.</summary>
/// <remarks>
/// A command changes this state at once; <see cref="TakeCommit"/> then gives what the store must make durable, and
/// <see cref="Committed"/> tells that it has. Readers see committed cursors only. After a commit that failed or was
/// fenced this state is doubtful: throw it away.
/// Written lazily: what an ACK causes, and a device's first and last sequence, which the kept entries tell as well
/// (they are written before the first entry that tells them goes).
/// </remarks>
public sealed partial class GroupState
{
    private readonly Guid _group;
    private readonly GroupOptions _options;
    private readonly byte[] _admissionKey;
    private readonly Dictionary<DeviceId, GroupDevice> _devices = [];
    private readonly Dictionary<BlobId, GroupEntry> _byBlob = [];
    private readonly Dictionary<(GroupDevice Sender, ulong Sequence), GroupEntry> _bySequence = [];
    private readonly EntryLog _log;

    // What the next commit carries.
    private HashSet<GroupDevice> _changedDevices = [];
    private List<Append> _appends = [];
    private List<(Cursor Cursor, BlobState State)> _dropped = [];
    private bool _rowChanged;
    private ulong _epoch;
    private Cursor _handedOver;

    // The devices of the commits that are not durable yet, in their order.
    private readonly Queue<HashSet<GroupDevice>> _unsureDevices = [];

    private Cursor _expiredThrough;
    private ulong _lastReceivedAtMs;
    private long _inFlightBytes;

    private GroupState(Guid group, ulong epoch, GroupRow row, GroupOptions options)
    {
        _group = group;
        _options = options;
        _epoch = epoch;
        LogId = row.LogId;
        _admissionKey = row.AdmissionKey;
        Head = LastCursor = _handedOver = row.LastCursor;
        _expiredThrough = row.ExpiredThrough;
        _log = new EntryLog(row.HistoryStart);
    }

    /// <summary>16 random bytes made with the log.</summary>
    public byte[] LogId { get; }

    /// <summary>The last readable cursor: committed, and all before it too.</summary>
    public Cursor Head { get; private set; }

    /// <summary>The last cursor given, committed or not.</summary>
    public Cursor LastCursor { get; private set; }

    /// <summary>The first kept cursor.</summary>
    public Cursor HistoryStart => _log.Start;

    /// <summary>What the group counts against its quota: a running sum.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Whether there is something to commit.</summary>
    public bool HasChanges => _rowChanged || _appends.Count > 0 || _dropped.Count > 0 || _changedDevices.Count > 0;

    /// <summary>A group that does not exist yet. Its first commit creates it.</summary>
    /// <param name="group">The pseudonym.</param>
    /// <param name="logId">16 random bytes.</param>
    /// <param name="admissionKey">The key that members prove to have.</param>
    /// <param name="options">Limits.</param>
    public static GroupState Create(Guid group, byte[] logId, byte[] admissionKey, GroupOptions options) =>
        new(group, 0, new GroupRow(logId, admissionKey, Cursor.Zero, Cursor.Zero.Next, Cursor.Zero), options) { _rowChanged = true };

    /// <summary>A group from the store.</summary>
    /// <exception cref="InvalidDataException">The snapshot contradicts itself.</exception>
    public static GroupState Load(Guid group, GroupSnapshot snapshot, GroupOptions options)
    {
        var state = new GroupState(group, snapshot.Epoch, snapshot.Row, options);
        foreach (var row in snapshot.Devices) state._devices.Add(row.Id, GroupDevice.FromRow(row));
        foreach (var row in snapshot.Entries) state.LoadEntry(row);
        if (state._log.Start.Value + (ulong)state._log.Count != state.LastCursor.Value + 1)
            throw new InvalidDataException("The store's entries do not reach the group's last cursor: its data is damaged. Restore the data directory from a copy.");
        state.Forget();
        state.Trim();
        return state;
    }

    /// <summary>Everything that changed since the last call, as one commit; null if nothing did. The order of the calls is the order of the commits.</summary>
    public GroupCommit? TakeCommit()
    {
        if (!HasChanges) return null;

        // A commit without new cursors may fail and the next one hold all the same: what it told of devices goes along until it is durable.
        var changed = _changedDevices;
        if (_unsureDevices.Count > 0) changed = [.. changed, .. _unsureDevices.SelectMany(d => d)];
        var devices = new List<DeviceRow>(changed.Count);
        foreach (var device in changed)
        {
            device.WrittenSequence = device.LastSequence;
            devices.Add(device.ToRow());
        }

        _unsureDevices.Enqueue(_changedDevices);
        _dropped.RemoveAll(d => d.Cursor < HistoryStart);
        var row = new GroupRow(LogId, _admissionKey, LastCursor, HistoryStart, _expiredThrough);
        var commit = new GroupCommit(_group, _epoch, _handedOver, row, _appends, devices, _dropped);
        if (_epoch == 0) _epoch = 1;
        _handedOver = LastCursor;
        _appends = [];
        _dropped = [];
        _changedDevices = [];
        _rowChanged = false;
        return commit;
    }

    /// <summary>A commit is durable: its cursors become readable. Called in the order of the commits.</summary>
    public void Committed(GroupCommit commit)
    {
        ArgumentNullException.ThrowIfNull(commit);
        _unsureDevices.Dequeue();
        foreach (var append in commit.Appends) _inFlightBytes -= append.Body.Length;
        Head = commit.Row.LastCursor;
        Trim();
    }

    /// <summary>Admits a device, or says why not. The answer waits for the commit of its row: an owner that was superseded without knowing it is fenced by that, and does not tell an old head.</summary>
    public HelloDecision Hello(DeviceId id, ReadOnlySpan<byte> admissionKey, byte[] sealedName, ulong nowMs)
    {
        ArgumentNullException.ThrowIfNull(sealedName);
        if (!CryptographicOperations.FixedTimeEquals(admissionKey, _admissionKey)) return new(ErrorCode.Unauthorized);
        if (sealedName.Length > WireLimits.SealedNameBytesMax) return new(ErrorCode.InvalidMessage);
        if (_devices.TryGetValue(id, out var device))
        {
            if (device.Revoked) return new(ErrorCode.DeviceRevoked);
            device.LastSeenMs = nowMs;
            if (sealedName.Length > 0) device.SealedName = sealedName;
        }
        else
        {
            if (ActiveDevices >= _options.DevicesMax || _devices.Count >= 4 * _options.DevicesMax) return new(ErrorCode.TooManyDevices);
            device = new GroupDevice(id, nowMs) { SealedName = sealedName, Acked = Before(HistoryStart) };
            _devices.Add(id, device);
        }

        _changedDevices.Add(device);
        return new(ErrorCode.None, Later(device.Acked, Before(HistoryStart)), device.LastSequence, device.LastBlob, ActiveDevices);
    }

    /// <summary>Whether a device may call: <see cref="ErrorCode.None"/>, UNAUTHORIZED for one that never said HELLO, or DEVICE_REVOKED.</summary>
    public ErrorCode Admit(DeviceId id, ulong nowMs)
    {
        if (!_devices.TryGetValue(id, out var device)) return ErrorCode.Unauthorized;
        if (device.Revoked) return ErrorCode.DeviceRevoked;
        device.LastSeenMs = nowMs;
        return ErrorCode.None;
    }

    /// <summary>The next commit writes the group's row again: whether that succeeds tells if this is still the owner.</summary>
    public void Touch() => _rowChanged = true;

    /// <summary>The devices, at most <see cref="WireLimits.DevicesMax"/>: those that are not blocked first.</summary>
    public IReadOnlyList<DeviceRow> Devices() =>
        [.. _devices.Values.OrderBy(d => d.Revoked).ThenBy(d => d.FirstSeenMs).Take(WireLimits.DevicesMax).Select(d => d.ToRow())];

    private int ActiveDevices => _devices.Values.Count(d => !d.Revoked);

    private void LoadEntry(EntryRow row)
    {
        if (!_devices.TryGetValue(row.Sender, out var sender))
            throw new InvalidDataException("An entry in the store names a sender that the group does not have: its data is damaged. Restore the data directory from a copy.");
        var entry = new GroupEntry(row.Cursor, sender, row.Sequence, row.Blob, row.ReceivedAtMs) { State = row.State, BodyBytes = row.State == BlobState.Present ? row.BodyBytes : 0 };
        AddEntry(entry);
        if (row.Sequence > sender.LastSequence) sender.Pushed(row.Sequence, row.Blob);
    }

    private void AddEntry(GroupEntry entry)
    {
        _log.Add(entry);
        _byBlob[entry.Blob] = entry;
        _bySequence[(entry.Sender, entry.Sequence)] = entry;
        _lastReceivedAtMs = entry.ReceivedAtMs;
        UsedBytes += entry.BodyBytes + GroupOptions.EntryOverheadBytes;
    }

    private static Cursor Before(Cursor cursor) => new(cursor.Value - 1);

    private static Cursor Later(Cursor a, Cursor b) => a > b ? a : b;
}

/// <summary>What became of a HELLO.</summary>
/// <param name="Code">Why not, or None.</param>
/// <param name="Acked">What it has acknowledged, at least the cursor before the kept history.</param>
/// <param name="LastSequence">The highest sequence known from it.</param>
/// <param name="LastBlob">The blob of that sequence.</param>
/// <param name="Devices">Devices that are not blocked.</param>
public readonly record struct HelloDecision(ErrorCode Code, Cursor Acked = default, ulong LastSequence = 0, BlobId? LastBlob = null, int Devices = 0);
