using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.Sqlite;

/// <summary>A connection that only reads, with its statements.</summary>
internal sealed class GroupReader : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _group;
    private readonly SqliteStatement _devices;
    private readonly SqliteStatement _entries;
    private readonly SqliteStatement _body;
    private readonly SqliteStatement _expired;
    private readonly SqliteStatement _unused;
    private readonly SqliteStatement _usage;
    private readonly SqliteStatement _note;

    public GroupReader(string path)
    {
        _database = SqliteDatabase.Open(path, readOnly: true);
        _group = _database.Prepare("SELECT number, log_id, admission_hash, last_cursor, history_start, expired_through, held_through, kept_until_ms FROM groups WHERE key = ?");
        _devices = _database.Prepare("SELECT id, sealed_name, first_seen_ms, last_seen_ms, acked, first_sequence, last_sequence, last_blob, revoked FROM devices WHERE group_number = ?");
        _entries = _database.Prepare("SELECT id, state, sender, sequence, blob, received_ms, body_bytes FROM entries WHERE id >= ? AND id <= ? ORDER BY id");
        _body = _database.Prepare("SELECT body FROM entries WHERE id = ? AND state = 0");
        _expired = _database.Prepare("SELECT key FROM groups WHERE oldest_ms < ? ORDER BY oldest_ms LIMIT ?");
        _unused = _database.Prepare("SELECT key FROM groups WHERE kept_until_ms < ? ORDER BY kept_until_ms LIMIT ?");
        _usage = _database.Prepare("SELECT (SELECT count(*) FROM groups), ((SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count)) * (SELECT page_size FROM pragma_page_size)");
        _note = _database.Prepare("SELECT value FROM meta WHERE CAST(key AS BLOB) = ?");
    }

    public long Synchronous => _database.Synchronous();

    public GroupSnapshot? Snapshot(Guid group, ulong epoch) => Consistently(() =>
    {
        if (!_group.Bind(1, group).Step()) return null;
        var number = _group.Int64(0);
        var row = new GroupRow(_group.Bytes(1), _group.Bytes(2), new Cursor(_group.UInt64(3)), new Cursor(_group.UInt64(4)), new Cursor(_group.UInt64(5)))
        {
            HeldThrough = new Cursor(_group.UInt64(6)),
            KeptUntilMs = _group.UInt64(7),
        };
        _group.Reset();
        return new GroupSnapshot(epoch, row, Devices(number), Entries(number));
    });

    public IReadOnlyList<StoredBody> Bodies(Guid group, IReadOnlyList<Cursor> cursors) => Consistently(() =>
    {
        var found = new List<StoredBody>(cursors.Count);
        if (!_group.Bind(1, group).Step()) return found;
        var number = _group.Int64(0);
        _group.Reset();
        foreach (var cursor in cursors.Where(c => c.Value <= SqliteSchema.CursorMax))
        {
            if (!_body.Bind(1, SqliteSchema.EntryId(number, cursor.Value)).Step()) continue;
            found.Add(new StoredBody(cursor, _body.Bytes(0)));
            _body.Reset();
        }

        return found;
    });

    public IReadOnlyList<Guid> Expired(ulong olderThanMs, int most) => Keys(_expired, olderThanMs, most);

    public IReadOnlyList<Guid> Unused(ulong keptUntilBeforeMs, int most) => Keys(_unused, keptUntilBeforeMs, most);

    /// <summary>Bytes: the pages that are in use.</summary>
    public StoreUsage Measure() => Consistently(() =>
    {
        _usage.Step();
        var usage = new StoreUsage(_usage.Int64(0), _usage.Int64(1));
        _usage.Reset();
        return usage;
    });

    public byte[]? Note(string key)
    {
        var value = _note.Bind(1, System.Text.Encoding.ASCII.GetBytes(key)).Step() ? _note.Bytes(0) : null;
        _note.Reset();
        return value;
    }

    public void Dispose() => _database.Dispose();

    // One transaction: all statements see the same state.
    private T Consistently<T>(Func<T> read)
    {
        _database.Execute("BEGIN");
        try
        {
            return read();
        }
        finally
        {
            _database.RollBack();
        }
    }

    private static List<Guid> Keys(SqliteStatement statement, ulong beforeMs, int most)
    {
        var found = new List<Guid>();
        statement.Bind(1, beforeMs).Bind(2, (long)most);
        while (statement.Step()) found.Add(statement.Guid(0));
        return found;
    }

    private List<DeviceRow> Devices(long number)
    {
        var rows = new List<DeviceRow>();
        _devices.Bind(1, number);
        while (_devices.Step())
        {
            rows.Add(new DeviceRow(new DeviceId(_devices.Bytes(0)), _devices.Bytes(1), _devices.UInt64(2), _devices.UInt64(3), new Cursor(_devices.UInt64(4)),
                _devices.UInt64(5), _devices.UInt64(6), _devices.IsNull(7) ? null : new BlobId(_devices.Bytes(7)), _devices.Int64(8) != 0));
        }

        return rows;
    }

    private List<EntryRow> Entries(long number)
    {
        var rows = new List<EntryRow>();
        _entries.Bind(1, SqliteSchema.EntryId(number, 0)).Bind(2, SqliteSchema.EntryId(number, SqliteSchema.CursorMax));
        while (_entries.Step())
        {
            rows.Add(new EntryRow(new Cursor(_entries.UInt64(0) & SqliteSchema.CursorMax), (BlobState)_entries.Int64(1), new DeviceId(_entries.Bytes(2)),
                _entries.UInt64(3), new BlobId(_entries.Bytes(4)), _entries.UInt64(5), (int)_entries.Int64(6)));
        }

        return rows;
    }
}
