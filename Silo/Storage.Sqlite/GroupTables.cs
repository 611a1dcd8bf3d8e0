using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.Sqlite;

/// <summary>What the writer does within its transaction. Statements stay prepared.</summary>
internal sealed class GroupTables(SqliteDatabase database)
{
    private const int KnownGroupsMax = 100_000;

    private readonly Dictionary<Guid, KnownGroup> _known = [];
    private readonly SqliteStatement _find = database.Prepare("SELECT number, history_start, oldest_ms IS NOT NULL FROM groups WHERE key = ?");
    private readonly SqliteStatement _create = database.Prepare("INSERT INTO groups (key, epoch, last_cursor, history_start, expired_through, log_id, admission_key) VALUES (?, 1, ?, ?, ?, ?, ?)");
    private readonly SqliteStatement _takeOver = database.Prepare("UPDATE groups SET epoch = epoch + 1 WHERE number = ?");
    private readonly SqliteStatement _epoch = database.Prepare("SELECT epoch FROM groups WHERE number = ?");
    private readonly SqliteStatement _advance = database.Prepare("UPDATE groups SET last_cursor = ?, history_start = ?, expired_through = ? WHERE number = ? AND epoch = ? AND last_cursor = ?");
    private readonly SqliteStatement _append = database.Prepare("INSERT INTO entries (id, state, received_ms, sequence, body_bytes, sender, blob, body) VALUES (?, 0, ?, ?, ?, ?, ?, ?)");
    private readonly SqliteStatement _device = database.Prepare("INSERT OR REPLACE INTO devices (group_number, id, sealed_name, first_seen_ms, last_seen_ms, acked, first_sequence, last_sequence, last_blob, revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    private readonly SqliteStatement _drop = database.Prepare("UPDATE entries SET state = ?, body_bytes = 0, body = NULL WHERE id = ?");
    private readonly SqliteStatement _trim = database.Prepare("DELETE FROM entries WHERE id >= ? AND id < ?");
    private readonly SqliteStatement _firstBody = database.Prepare("SELECT received_ms FROM entries WHERE id >= ? AND id <= ? AND state = 0 ORDER BY id LIMIT 1");
    private readonly SqliteStatement _setOldest = database.Prepare("UPDATE groups SET oldest_ms = ? WHERE number = ?");

    /// <summary>Forgets what a transaction that was rolled back may have told.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Bumps the epoch. Null for a group that is not there.</summary>
    public ulong? TakeOver(Guid group)
    {
        if (Find(group) is not { } known) return null;
        _takeOver.Bind(1, known.Number).Run();
        _epoch.Bind(1, known.Number).Step();
        var epoch = _epoch.UInt64(0);
        _epoch.Reset();
        return epoch;
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
        else if (known is null || Advance(known.Number, commit) == 0)
        {
            return false;
        }

        foreach (var append in commit.Appends) Append(known.Number, append);
        foreach (var device in commit.Devices) Put(known.Number, device);
        foreach (var (cursor, state) in commit.Dropped)
            _drop.Bind(1, (long)state).Bind(2, SqliteSchema.EntryId(known.Number, cursor.Value)).Run();
        Settle(known, commit);
        return true;
    }

    // Trims, and keeps the time of the oldest body, by which expired groups are found. The index on it is touched only when it changes.
    private void Settle(KnownGroup known, GroupCommit commit)
    {
        var historyStart = commit.Row.HistoryStart.Value;
        var trims = historyStart > known.HistoryStart;
        if (trims)
        {
            _trim.Bind(1, SqliteSchema.EntryId(known.Number, known.HistoryStart)).Bind(2, SqliteSchema.EntryId(known.Number, historyStart)).Run();
            known.HistoryStart = historyStart;
        }

        if (!trims && commit.Dropped.Count == 0 && (known.HasBody || commit.Appends.Count == 0)) return;
        _firstBody.Bind(1, SqliteSchema.EntryId(known.Number, 0)).Bind(2, SqliteSchema.EntryId(known.Number, SqliteSchema.CursorMax));
        known.HasBody = _firstBody.Step();
        if (known.HasBody) _setOldest.Bind(1, _firstBody.Int64(0));
        else _setOldest.BindNull(1);
        _firstBody.Reset();
        _setOldest.Bind(2, known.Number).Run();
    }

    private int Advance(long number, GroupCommit commit) => _advance
        .Bind(1, commit.Row.LastCursor.Value).Bind(2, commit.Row.HistoryStart.Value).Bind(3, commit.Row.ExpiredThrough.Value)
        .Bind(4, number).Bind(5, commit.Epoch).Bind(6, commit.ExpectedLastCursor.Value).Run();

    private KnownGroup Create(GroupCommit commit)
    {
        var row = commit.Row;
        _create.Bind(1, commit.Group).Bind(2, row.LastCursor.Value).Bind(3, row.HistoryStart.Value).Bind(4, row.ExpiredThrough.Value).Bind(5, row.LogId).Bind(6, row.AdmissionKey).Run();
        var number = database.LastRowId;
        if (number > SqliteSchema.GroupNumberMax)
            throw SqliteFault.OfOneCommit($"The store has {SqliteSchema.GroupNumberMax} groups, as many as it can keep. Add another relay.");
        return Remember(commit.Group, new KnownGroup(number) { HistoryStart = row.HistoryStart.Value });
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

    private KnownGroup? Find(Guid group)
    {
        if (_known.TryGetValue(group, out var known)) return known;
        if (!_find.Bind(1, group).Step()) return null;
        known = new KnownGroup(_find.Int64(0)) { HistoryStart = _find.UInt64(1), HasBody = _find.Int64(2) != 0 };
        _find.Reset();
        return Remember(group, known);
    }

    private KnownGroup Remember(Guid group, KnownGroup known)
    {
        if (_known.Count >= KnownGroupsMax) _known.Clear();
        return _known[group] = known;
    }

    private sealed class KnownGroup(long number)
    {
        public long Number { get; } = number;
        public ulong HistoryStart { get; set; }
        public bool HasBody { get; set; }
    }
}
