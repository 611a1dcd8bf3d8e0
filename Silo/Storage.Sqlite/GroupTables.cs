using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.Sqlite;

/// <summary>What the writer does within its transaction. Statements stay prepared.</summary>
/// <remarks>
/// Many commits of one group in a transaction write its row, and each device's, once: <see cref="Flush"/> does it at
/// the end. Between, the fence works on the rows in memory, which are the file's because nobody else writes it; Flush
/// asks for the epoch and the cursor that the transaction began with, so that a foreign writer would be noticed.
/// </remarks>
internal sealed class GroupTables(SqliteDatabase database, Func<bool, bool, bool> fence)
{
    private const int KnownGroupsMax = 100_000;

    private readonly Dictionary<Guid, KnownGroup> _known = [];
    private readonly List<KnownGroup> _changed = [];
    private readonly SqliteStatement _find = database.Prepare("SELECT number, epoch, last_cursor, history_start, expired_through, oldest_ms IS NOT NULL, kept_until_ms FROM groups WHERE key = ?");
    private readonly SqliteStatement _create = database.Prepare("INSERT INTO groups (key, epoch, last_cursor, history_start, expired_through, log_id, admission_hash) VALUES (?, 1, 0, 1, 0, ?, ?)");
    private readonly SqliteStatement _advance = database.Prepare("UPDATE groups SET epoch = ?, last_cursor = ?, history_start = ?, expired_through = ?, admission_hash = coalesce(?, admission_hash), held_through = max(?, held_through) WHERE number = ? AND epoch = ? AND last_cursor = ?");
    private readonly SqliteStatement _append = database.Prepare("INSERT INTO entries (id, state, received_ms, sequence, body_bytes, sender, blob, body) VALUES (?, 0, ?, ?, ?, ?, ?, ?)");
    private readonly SqliteStatement _device = database.Prepare("INSERT OR REPLACE INTO devices (group_number, id, sealed_name, first_seen_ms, last_seen_ms, acked, first_sequence, last_sequence, last_blob, revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    private readonly SqliteStatement _deviceGone = database.Prepare("DELETE FROM devices WHERE group_number = ? AND id = ?");
    private readonly SqliteStatement _devicesGone = database.Prepare("DELETE FROM devices WHERE group_number = ?");
    private readonly SqliteStatement _groupGone = database.Prepare("DELETE FROM groups WHERE number = ?");
    private readonly SqliteStatement _note = database.Prepare(SqliteSchema.WriteMetaSql);
    private readonly SqliteStatement _setKeptUntil = database.Prepare("UPDATE groups SET kept_until_ms = ? WHERE number = ?");
    private readonly SqliteStatement _drop = database.Prepare("UPDATE entries SET state = ?, body_bytes = 0, body = NULL WHERE id = ?");
    private readonly SqliteStatement _trim = database.Prepare("DELETE FROM entries WHERE id >= ? AND id < ?");
    private readonly SqliteStatement _firstBody = database.Prepare("SELECT received_ms FROM entries WHERE id >= ? AND id <= ? AND state = 0 ORDER BY id LIMIT 1");
    private readonly SqliteStatement _setOldest = database.Prepare("UPDATE groups SET oldest_ms = ? WHERE number = ?");

    /// <summary>Forgets what a transaction that was rolled back may have told.</summary>
    public void Forget()
    {
        _known.Clear();
        _changed.Clear();
    }

    /// <summary>Bumps the epoch. Null for a group that is not there.</summary>
    public ulong? TakeOver(Guid group)
    {
        if (Find(group) is not { } known) return null;
        Change(known);
        return ++known.Epoch;
    }

    /// <summary>Applies a commit; false if it is fenced, and then nothing was changed.</summary>
    public bool Commit(GroupCommit commit)
    {
        if (commit.Row.LastCursor.Value > SqliteSchema.CursorMax)
            throw SqliteFault.OfOneCommit($"A group has reached cursor {SqliteSchema.CursorMax}, the last that this store can keep.");
        var known = Find(commit.Group);
        if (commit.Epoch == 0)
        {
            if (known is not null || commit.ExpectedLastCursor != Cursor.Zero) return false;
            known = Create(commit);
        }
        else if (known is null || !fence(known.Epoch == commit.Epoch, known.LastCursor == commit.ExpectedLastCursor))
        {
            return false;
        }

        Change(known);
        foreach (var append in commit.Appends) Append(known.Number, append);
        foreach (var device in commit.Devices) (known.Devices ??= [])[device.Id] = device;
        foreach (var gone in commit.Gone) Remove(known, gone);
        foreach (var (cursor, state) in commit.Dropped)
            _drop.Bind(1, (long)state).Bind(2, SqliteSchema.EntryId(known.Number, cursor.Value)).Run();
        known.LastCursor = commit.Row.LastCursor;
        known.HistoryStart = commit.Row.HistoryStart;
        known.ExpiredThrough = commit.Row.ExpiredThrough;
        known.AdmissionHash = commit.Row.AdmissionHash;
        known.HeldThrough = commit.Row.HeldThrough;
        known.KeptUntilMs = commit.Row.KeptUntilMs;
        known.FirstBodyMoved |= commit.Dropped.Count > 0 || (commit.Appends.Count > 0 && !known.HasBody);
        return true;
    }

    /// <summary>Removes a group; false if it is fenced.</summary>
    public bool End(Guid group, ulong epoch, Cursor lastCursor)
    {
        if (Find(group) is not { } known || !fence(known.Epoch == epoch, known.LastCursor == lastCursor)) return false;
        _changed.Remove(known);
        _known.Remove(group);
        _trim.Bind(1, SqliteSchema.EntryId(known.Number, 0)).Bind(2, SqliteSchema.EntryId(known.Number + 1, 0)).Run();
        _devicesGone.Bind(1, known.Number).Run();
        _groupGone.Bind(1, known.Number).Run();
        return true;
    }

    /// <summary>Keeps a value beside the groups.</summary>
    public void Note(string key, byte[] value) => _note.Bind(1, System.Text.Encoding.ASCII.GetBytes(key)).Bind(2, value).Run();

    /// <summary>Writes what the transaction's commits leave to its end. Called before COMMIT.</summary>
    /// <exception cref="StoreException">A group's row is not as this process wrote it.</exception>
    public void Flush()
    {
        foreach (var known in _changed)
        {
            Advance(known);
            if (known.Devices is { } devices)
            {
                foreach (var device in devices.Values) Put(known.Number, device);
            }

            if (known.HistoryStart > known.Stored.HistoryStart)
            {
                _trim.Bind(1, SqliteSchema.EntryId(known.Number, known.Stored.HistoryStart.Value)).Bind(2, SqliteSchema.EntryId(known.Number, known.HistoryStart.Value)).Run();
                known.FirstBodyMoved = true;
            }

            if (known.FirstBodyMoved) SettleOldest(known);

            // Its index is touched only when it changes: once an hour.
            if (known.KeptUntilMs != known.Stored.KeptUntilMs) _setKeptUntil.Bind(1, known.KeptUntilMs).Bind(2, known.Number).Run();
            known.Written();
        }

        _changed.Clear();
        if (_known.Count >= KnownGroupsMax) _known.Clear();
    }

    private void Advance(KnownGroup known)
    {
        _advance.Bind(1, known.Epoch).Bind(2, known.LastCursor.Value).Bind(3, known.HistoryStart.Value).Bind(4, known.ExpiredThrough.Value);
        if (known.AdmissionHash is { } key) _advance.Bind(5, key);
        else _advance.BindNull(5);
        var changed = _advance.Bind(6, known.HeldThrough.Value).Bind(7, known.Number).Bind(8, known.Stored.Epoch).Bind(9, known.Stored.LastCursor.Value).Run();
        if (changed != 1) throw new StoreException("Another program has changed the database. Close it: only the relay may open its data. The relay reads it anew.");
    }

    // Keeps the time of the oldest body, by which expired groups are found. The index on it is touched only when it may change.
    private void SettleOldest(KnownGroup known)
    {
        _firstBody.Bind(1, SqliteSchema.EntryId(known.Number, known.HistoryStart.Value)).Bind(2, SqliteSchema.EntryId(known.Number, SqliteSchema.CursorMax));
        known.HasBody = _firstBody.Step();
        if (known.HasBody) _setOldest.Bind(1, _firstBody.Int64(0));
        else _setOldest.BindNull(1);
        _firstBody.Reset();
        _setOldest.Bind(2, known.Number).Run();
    }

    private KnownGroup Create(GroupCommit commit)
    {
        _create.Bind(1, commit.Group).Bind(2, commit.Row.LogId).Bind(3, commit.Row.AdmissionHash).Run();
        var number = database.LastRowId;
        if (number > SqliteSchema.GroupNumberMax)
            throw SqliteFault.OfOneCommit($"The store has {SqliteSchema.GroupNumberMax} groups, as many as it can keep. Add another relay.");
        return _known[commit.Group] = new KnownGroup(number, 1, Cursor.Zero, Cursor.Zero.Next, Cursor.Zero, 0);
    }

    private void Append(long number, Append append)
    {
        Span<byte> sender = stackalloc byte[DeviceId.Size];
        Span<byte> blob = stackalloc byte[BlobId.Size];
        append.Sender.CopyTo(sender);
        append.Blob.CopyTo(blob);
        _append.Bind(1, SqliteSchema.EntryId(number, append.Cursor.Value)).Bind(2, append.ReceivedAtMs).Bind(3, append.Sequence)
            .Bind(4, (long)append.Body.Length).Bind(5, sender).Bind(6, blob).Bind(7, append.Body.Span).Run();
    }

    private void Put(long number, DeviceRow device)
    {
        _device.Bind(1, number).Bind(2, device.Id.ToArray()).Bind(3, device.SealedName).Bind(4, device.FirstSeenMs).Bind(5, device.LastSeenMs)
            .Bind(6, device.Acked.Value).Bind(7, device.FirstSequence).Bind(8, device.LastSequence);
        if (device.LastBlob is { } blob) _device.Bind(9, blob.ToArray());
        else _device.BindNull(9);
        _device.Bind(10, device.Revoked ? 1L : 0L).Run();
    }

    private void Remove(KnownGroup known, DeviceId device)
    {
        known.Devices?.Remove(device);
        _deviceGone.Bind(1, known.Number).Bind(2, device.ToArray()).Run();
    }

    private KnownGroup? Find(Guid group)
    {
        if (_known.TryGetValue(group, out var known)) return known;
        if (!_find.Bind(1, group).Step()) return null;
        known = new KnownGroup(_find.Int64(0), _find.UInt64(1), new Cursor(_find.UInt64(2)), new Cursor(_find.UInt64(3)), new Cursor(_find.UInt64(4)), _find.UInt64(6)) { HasBody = _find.Int64(5) != 0 };
        _find.Reset();
        return _known[group] = known;
    }

    private void Change(KnownGroup known)
    {
        if (known.Changed) return;
        known.Changed = true;
        _changed.Add(known);
    }

    /// <summary>A group's row as the transaction has it by now, and as the file has it.</summary>
    private sealed class KnownGroup(long number, ulong epoch, Cursor lastCursor, Cursor historyStart, Cursor expiredThrough, ulong keptUntilMs)
    {
        public long Number { get; } = number;
        public ulong Epoch { get; set; } = epoch;
        public Cursor LastCursor { get; set; } = lastCursor;
        public Cursor HistoryStart { get; set; } = historyStart;
        public Cursor ExpiredThrough { get; set; } = expiredThrough;
        public bool HasBody { get; set; }

        /// <summary>The last commit's; null: as the file has it.</summary>
        public byte[]? AdmissionHash { get; set; }

        /// <summary>The last commit's; the file keeps the higher one.</summary>
        public Cursor HeldThrough { get; set; }
        public ulong KeptUntilMs { get; set; } = keptUntilMs;
        public bool Changed { get; set; }
        public bool FirstBodyMoved { get; set; }
        public Dictionary<DeviceId, DeviceRow>? Devices { get; set; }
        public (ulong Epoch, Cursor LastCursor, Cursor HistoryStart, ulong KeptUntilMs) Stored { get; private set; } = (epoch, lastCursor, historyStart, keptUntilMs);

        public void Written()
        {
            Stored = (Epoch, LastCursor, HistoryStart, KeptUntilMs);
            Changed = FirstBodyMoved = false;
            Devices = null;
            AdmissionHash = null;
        }
    }
}
