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
    // What an activation and a device cost in memory, about.
    private const int BaseBytes = 8 * 1024, DeviceBytes = 512;

    private readonly Guid _group;
    private readonly GroupOptions _options;
    private readonly byte[] _admissionHash;
    private readonly Dictionary<DeviceId, GroupDevice> _devices = [];
    private readonly Dictionary<BlobId, GroupEntry> _byBlob = [];
    private readonly Dictionary<(GroupDevice Sender, ulong Sequence), GroupEntry> _bySequence = [];
    private readonly EntryLog _log;
    private readonly AckBoard _board = new();

    // What the next commit carries.
    private HashSet<GroupDevice> _changedDevices = [];
    private List<Append> _appends = [];
    private List<(Cursor Cursor, BlobState State)> _dropped = [];
    private HashSet<DeviceId> _gone = [];
    private bool _rowChanged;
    private ulong _epoch;
    private Cursor _handedOver;

    // The devices of the commits that are not durable yet, in their order.
    private readonly Queue<(HashSet<GroupDevice> Changed, HashSet<DeviceId> Gone)> _unsureDevices = [];

    private Cursor _expiredThrough;

    // Blobs up to the first have been looked at for forgetting; up to the second nothing is forgotten.
    private Cursor _forgottenThrough, _heldThrough;

    // The one device that there was, and up to where the others' blobs have been looked at then.
    private (GroupDevice? Device, Cursor Through) _alone;
    private ulong _usedAtMs, _writtenKeptUntilMs;
    private ulong _lastReceivedAtMs;
    private long _inFlightBytes;

    private GroupState(Guid group, ulong epoch, GroupRow row, GroupOptions options)
    {
        _group = group;
        _options = options;
        _epoch = epoch;
        LogId = row.LogId;
        _admissionHash = row.AdmissionHash;
        Head = LastCursor = _handedOver = row.LastCursor;
        _expiredThrough = row.ExpiredThrough;
        _heldThrough = row.HeldThrough;
        _writtenKeptUntilMs = row.KeptUntilMs;
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
    public bool HasChanges => _rowChanged || _appends.Count > 0 || _dropped.Count > 0 || _changedDevices.Count > 0 || _gone.Count > 0;

    /// <summary>What it uses, but for what the grain keeps beside it.</summary>
    public GroupUse Use => new(UsedBytes, _log.Count, BaseBytes + (long)_log.Count * GroupOptions.EntryOverheadBytes + (long)_devices.Count * DeviceBytes);

    /// <summary>The epoch of this owner.</summary>
    public ulong Epoch => _epoch;

    /// <summary>Entries looked at for forgetting, and comparisons of devices: what acknowledgements have cost so far.</summary>
    internal long AckWork => LookedAt + _board.Comparisons;

    private long LookedAt { get; set; }

    /// <summary>A group that does not exist yet. Its first commit creates it.</summary>
    /// <param name="group">The pseudonym.</param>
    /// <param name="logId">16 random bytes.</param>
    /// <param name="admissionHash">The hash of the key that members prove to have.</param>
    /// <param name="options">Limits.</param>
    public static GroupState Create(Guid group, byte[] logId, byte[] admissionHash, GroupOptions options) =>
        new(group, 0, new GroupRow(logId, admissionHash, Cursor.Zero, Cursor.Zero.Next, Cursor.Zero), options) { _rowChanged = true };

    /// <summary>A group from the store.</summary>
    /// <exception cref="InvalidDataException">The snapshot contradicts itself.</exception>
    public static GroupState Load(Guid group, GroupSnapshot snapshot, GroupOptions options)
    {
        var state = new GroupState(group, snapshot.Epoch, snapshot.Row, options);
        foreach (var row in snapshot.Devices) state.AddDevice(GroupDevice.FromRow(row));
        state._usedAtMs = snapshot.Devices.Select(d => d.LastSeenMs).DefaultIfEmpty().Max();
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
        HashSet<GroupDevice> changed = [.. _changedDevices, .. _unsureDevices.SelectMany(d => d.Changed).Where(d => _devices.ContainsKey(d.Id))];
        DeviceId[] gone = [.. _gone, .. _unsureDevices.SelectMany(d => d.Gone).Where(d => !_devices.ContainsKey(d) && !_gone.Contains(d))];
        var devices = new List<DeviceRow>(changed.Count);
        foreach (var device in changed)
        {
            device.WrittenSequence = device.LastSequence;
            devices.Add(device.ToRow());
        }

        _unsureDevices.Enqueue((_changedDevices, _gone));
        _dropped.RemoveAll(d => d.Cursor < HistoryStart);
        var row = new GroupRow(LogId, _admissionHash, LastCursor, HistoryStart, _expiredThrough) { HeldThrough = _heldThrough, KeptUntilMs = KeptUntilMs };
        var commit = new GroupCommit(_group, _epoch, _handedOver, row, _appends, devices, _dropped) { Gone = gone };
        if (_epoch == 0) _epoch = 1;
        _handedOver = LastCursor;
        _appends = [];
        _dropped = [];
        _changedDevices = [];
        _gone = [];
        _writtenKeptUntilMs = row.KeptUntilMs;
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

    /// <summary>The next commit writes the group's row again: whether that succeeds tells if this is still the owner.</summary>
    public void Touch() => _rowChanged = true;

    /// <summary>The devices, at most <see cref="WireLimits.DevicesMax"/>: those that are not blocked first.</summary>
    public IReadOnlyList<DeviceRow> Devices() =>
        [.. _devices.Values.OrderBy(d => d.Revoked).ThenBy(d => d.FirstSeenMs).Take(WireLimits.DevicesMax).Select(d => d.ToRow())];

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
        if (entry.Sender.Kept++ == 0) entry.Sender.KeptFrom = entry.Sequence;
        _lastReceivedAtMs = entry.ReceivedAtMs;
        UsedBytes += entry.BodyBytes + GroupOptions.EntryOverheadBytes;
    }

    private static Cursor Before(Cursor cursor) => new(cursor.Value - 1);

    private static Cursor Later(Cursor a, Cursor b) => a > b ? a : b;
}
