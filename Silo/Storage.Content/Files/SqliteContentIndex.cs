using Microsoft.Data.Sqlite;
using ZeroK.Content;

namespace ZeroK.Storage.Content.Files;

/// <summary>The index in a SQLite file (mode 0600): WAL, synchronous=FULL, one connection on a thread of its own. SQLite sees the disk's errors itself.</summary>
public sealed class SqliteContentIndex : IContentIndex, IDisposable
{
    private const int BusySeconds = 5;

    // One script a version, applied in order; a published one is never changed.
    private static readonly string[] Versions =
    [
        """
        CREATE TABLE object (group_id BLOB NOT NULL, hash BLOB NOT NULL, generation INTEGER NOT NULL, size INTEGER NOT NULL, stored INTEGER NOT NULL, touched_ms INTEGER NOT NULL, PRIMARY KEY (group_id, hash)) WITHOUT ROWID;
        CREATE INDEX object_touched ON object (touched_ms);
        CREATE TABLE reference (group_id BLOB NOT NULL, hash BLOB NOT NULL, device BLOB NOT NULL, PRIMARY KEY (group_id, hash, device)) WITHOUT ROWID;
        CREATE TABLE dropped (group_id BLOB NOT NULL, hash BLOB NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (group_id, hash, generation)) WITHOUT ROWID;
        """,

        // A group's sum, made with its first announcement and kept by the database itself from there on.
        """
        CREATE TABLE usage (group_id BLOB NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL, objects INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TRIGGER object_added AFTER INSERT ON object BEGIN
          UPDATE usage SET bytes = bytes + NEW.size, objects = objects + 1 WHERE group_id = NEW.group_id;
        END;
        CREATE TRIGGER object_gone AFTER DELETE ON object BEGIN
          UPDATE usage SET bytes = bytes - OLD.size, objects = objects - 1 WHERE group_id = OLD.group_id;
          DELETE FROM usage WHERE group_id = OLD.group_id AND objects <= 0;
        END;
        """,
    ];

    private readonly SqliteConnection _connection;
    private readonly IndexThread _thread;

    private SqliteContentIndex(SqliteConnection connection) => (_connection, _thread) = (connection, new IndexThread(connection));

    /// <summary>What the connection answers to PRAGMA synchronous.</summary>
    internal Task<long> SynchronousAsync() => _thread.RunAsync(() => Scalar("PRAGMA synchronous"));

    /// <summary>Opens the index, and makes it if it is not there.</summary>
    /// <exception cref="ContentStoreException">It can't be opened, or a later version made it.</exception>
    public static SqliteContentIndex Open(string path)
    {
        SqliteConnection? connection = null;
        try
        {
            OwnerFile.Make(path);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = BusySeconds }.ToString());
            connection.Open();
            Prepare(connection);
            OwnerFile.Close(path + "-wal", path + "-shm");
            return new SqliteContentIndex(connection);
        }
        catch (SqliteException e)
        {
            connection?.Dispose();
            throw Failed(e);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<ContentRow?> FindAsync(ContentKey key, CancellationToken cancellationToken) => new(_thread.RunAsync(() => Find(key)));

    /// <inheritdoc/>
    public ValueTask<Announced> AnnounceAsync(ContentKey key, long size, ContentQuota quota, ulong nowMs, CancellationToken cancellationToken) => new(_thread.RunAsync(() =>
    {
        var used = Usage(key);
        if (Find(key) is { } row)
        {
            Execute("UPDATE object SET touched_ms = $a WHERE group_id = $g AND hash = $h", key, ("$a", (long)nowMs));
            return new Announced(row with { TouchedMs = nowMs }, used);
        }

        if (!used.HasRoomFor(size, quota)) return new Announced(null, used);
        Execute("INSERT OR IGNORE INTO usage VALUES ($g, $a, $b)", key, ("$a", used.Bytes), ("$b", used.Objects));
        var generation = ContentKey.NewGeneration();
        Execute("INSERT INTO object VALUES ($g, $h, $n, $a, 0, $b)", key, ("$n", generation), ("$a", size), ("$b", (long)nowMs));
        return new Announced(new ContentRow(size, false, nowMs, generation), new ContentUsage(used.Bytes + size, used.Objects + 1));
    }));

    /// <inheritdoc/>
    public ValueTask<ContentUsage> UsageAsync(Guid group, CancellationToken cancellationToken) => new(_thread.RunAsync(() => Usage(new ContentKey(group, default))));

    /// <inheritdoc/>
    public ValueTask<bool> StoredAsync(ContentKey key, ReadOnlyMemory<byte> device, ulong nowMs, CancellationToken cancellationToken) => new(_thread.RunAsync(() =>
    {
        if (Execute("UPDATE object SET stored = 1, touched_ms = $a WHERE group_id = $g AND hash = $h AND generation = $n", key, ("$a", (long)nowMs), ("$n", key.Generation)) == 0) return false;
        Execute("INSERT OR IGNORE INTO reference VALUES ($g, $h, $a)", key, ("$a", device.ToArray()));
        return true;
    }));

    /// <inheritdoc/>
    public ValueTask DamagedAsync(ContentKey key, CancellationToken cancellationToken) => new(_thread.RunAsync(() =>
        Execute("UPDATE object SET stored = 0 WHERE group_id = $g AND hash = $h AND generation = $n", key, ("$n", key.Generation))));

    /// <inheritdoc/>
    public ValueTask<ContentKey?> ReleaseAsync(ContentKey key, ReadOnlyMemory<byte> device, CancellationToken cancellationToken) => new(_thread.RunAsync(() =>
        (Execute("DELETE FROM reference WHERE group_id = $g AND hash = $h AND device = $a", key, ("$a", device.ToArray())) > 0 || Find(key) is { IsStored: false })
        && Scalar("SELECT count(*) FROM reference WHERE group_id = $g AND hash = $h", key) == 0
        ? Remove(key) : null));

    /// <inheritdoc/>
    public ValueTask<ContentKey?> ExpireAsync(ContentKey key, ulong olderThanMs, CancellationToken cancellationToken) => new(_thread.RunAsync(() =>
        Find(key) is { } row && row.TouchedMs < olderThanMs ? Remove(key) : null));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentKey>> FindExpiredAsync(ulong storedBeforeMs, ulong writtenBeforeMs, int most, CancellationToken cancellationToken) => new(_thread.RunAsync<IReadOnlyList<ContentKey>>(() =>
    {
        using var command = Command("SELECT group_id, hash FROM object WHERE touched_ms < CASE stored WHEN 1 THEN $a ELSE $b END ORDER BY touched_ms LIMIT $c", null, ("$a", (long)storedBeforeMs), ("$b", (long)writtenBeforeMs), ("$c", (long)most));
        using var reader = command.ExecuteReader();
        var keys = new List<ContentKey>();
        while (reader.Read()) keys.Add(new ContentKey(new Guid(reader.GetFieldValue<byte[]>(0), bigEndian: true), new ContentHash(reader.GetFieldValue<byte[]>(1))));
        return keys;
    }));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentKey>> FindDroppedAsync(int most, CancellationToken cancellationToken) => new(_thread.RunAsync<IReadOnlyList<ContentKey>>(() =>
    {
        using var command = Command("SELECT group_id, hash, generation FROM dropped LIMIT $c", null, ("$c", (long)most));
        using var reader = command.ExecuteReader();
        var keys = new List<ContentKey>();
        while (reader.Read()) keys.Add(new ContentKey(new Guid(reader.GetFieldValue<byte[]>(0), bigEndian: true), new ContentHash(reader.GetFieldValue<byte[]>(1)), reader.GetInt64(2)));
        return keys;
    }));

    /// <inheritdoc/>
    public ValueTask DroppedAsync(ContentKey key, CancellationToken cancellationToken) => new(_thread.RunAsync(() =>
        Execute("DELETE FROM dropped WHERE group_id = $g AND hash = $h AND generation = $n", key, ("$n", key.Generation))));

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();

    internal static ContentStoreException Failed(SqliteException e) => new($"The content index can't be used (SQLite {e.SqliteExtendedErrorCode}). Check the disk and the rights of the data directory.", e) { IsFull = e.SqliteErrorCode == 13 };

    private static void Prepare(SqliteConnection connection)
    {
        foreach (var pragma in new[] { "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL" }) Run(connection, pragma);
        var found = (long)Run(connection, "PRAGMA user_version")!;
        if (found > Versions.Length) throw new ContentStoreException($"The content index has schema version {found}; this relay knows versions up to {Versions.Length}. Run the newer relay on this data directory.");
        if (found == Versions.Length) return;
        using var transaction = connection.BeginTransaction();
        foreach (var script in Versions.Skip((int)found)) Run(connection, script);
        Run(connection, $"PRAGMA user_version = {Versions.Length}");
        transaction.Commit();
    }

    private static object? Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this file come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    // Summed once for a group whose objects an older relay announced.
    private ContentUsage Usage(ContentKey key) =>
        Usage("SELECT bytes, objects FROM usage WHERE group_id = $g", key) ?? Usage("SELECT coalesce(sum(size), 0), count(*) FROM object WHERE group_id = $g", key) ?? default;

    private ContentUsage? Usage(string sql, ContentKey key)
    {
        using var command = Command(sql, key);
        using var reader = command.ExecuteReader();
        return reader.Read() ? new ContentUsage(reader.GetInt64(0), reader.GetInt64(1)) : null;
    }

    private ContentRow? Find(ContentKey key)
    {
        using var command = Command("SELECT size, stored, touched_ms, generation FROM object WHERE group_id = $g AND hash = $h", key);
        using var reader = command.ExecuteReader();
        return reader.Read() ? new ContentRow(reader.GetInt64(0), reader.GetInt64(1) != 0, (ulong)reader.GetInt64(2), reader.GetInt64(3)) : null;
    }

    private ContentKey? Remove(ContentKey key)
    {
        if (Find(key) is not { } row) return null;
        Execute("DELETE FROM reference WHERE group_id = $g AND hash = $h", key);
        Execute("DELETE FROM object WHERE group_id = $g AND hash = $h", key);
        Execute("INSERT INTO dropped VALUES ($g, $h, $n)", key, ("$n", row.Generation));
        return key with { Generation = row.Generation };
    }

    private int Execute(string sql, ContentKey? key = null, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = Command(sql, key, parameters);
        return command.ExecuteNonQuery();
    }

    private long Scalar(string sql, ContentKey? key = null)
    {
        using var command = Command(sql, key);
        return (long)command.ExecuteScalar()!;
    }

    private SqliteCommand Command(string sql, ContentKey? key, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this file come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        if (key is { } k)
        {
            command.Parameters.AddWithValue("$g", k.Group.ToByteArray(bigEndian: true));
            if (sql.Contains("$h", StringComparison.Ordinal)) command.Parameters.AddWithValue("$h", k.Hash.ToArray());
        }

        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }
}
