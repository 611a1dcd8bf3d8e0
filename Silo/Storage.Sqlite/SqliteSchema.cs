using System.Security.Cryptography;
using System.Text;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.Sqlite;

/// <summary>The tables, and how older ones become today's.</summary>
internal static class SqliteSchema
{
    /// <summary>Bits of an entry's row id that hold its cursor; above them is the group's number. So the row id is the unique key (group, cursor), and no second index is needed.</summary>
    public const int CursorBits = 40;

    /// <summary>Groups that fit: 8,388,607.</summary>
    public const long GroupNumberMax = (1L << (63 - CursorBits)) - 1;

    /// <summary>Cursors of a group that fit: about 10^12.</summary>
    public const ulong CursorMax = (1UL << CursorBits) - 1;

    // One script a version, applied in order; a published one is never changed.
    private static readonly string[] Versions =
    [
        """
        CREATE TABLE groups (
          number INTEGER PRIMARY KEY,
          key BLOB NOT NULL UNIQUE,
          epoch INTEGER NOT NULL,
          last_cursor INTEGER NOT NULL,
          history_start INTEGER NOT NULL,
          expired_through INTEGER NOT NULL,
          log_id BLOB NOT NULL,
          admission_key BLOB NOT NULL,
          oldest_ms INTEGER
        );
        CREATE INDEX groups_oldest ON groups (oldest_ms) WHERE oldest_ms IS NOT NULL;
        CREATE TABLE devices (
          group_number INTEGER NOT NULL,
          id BLOB NOT NULL,
          sealed_name BLOB NOT NULL,
          first_seen_ms INTEGER NOT NULL,
          last_seen_ms INTEGER NOT NULL,
          acked INTEGER NOT NULL,
          first_sequence INTEGER NOT NULL,
          last_sequence INTEGER NOT NULL,
          last_blob BLOB,
          revoked INTEGER NOT NULL,
          PRIMARY KEY (group_number, id)
        ) WITHOUT ROWID;
        CREATE TABLE entries (
          id INTEGER PRIMARY KEY,
          state INTEGER NOT NULL,
          received_ms INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          body_bytes INTEGER NOT NULL,
          sender BLOB NOT NULL,
          blob BLOB NOT NULL,
          body BLOB
        );
        """,

        // What is kept of an admission key is made after it: see HashAdmissionKeys.
        """
        ALTER TABLE groups RENAME COLUMN admission_key TO admission_hash;
        ALTER TABLE groups ADD COLUMN held_through INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE groups ADD COLUMN kept_until_ms INTEGER NOT NULL DEFAULT 0;
        UPDATE groups SET kept_until_ms = (SELECT coalesce(max(last_seen_ms), 0) FROM devices WHERE group_number = number) + 31536000000;
        CREATE INDEX groups_kept_until ON groups (kept_until_ms);
        """,
    ];

    /// <summary>Keeps a value by its key.</summary>
    public const string WriteMetaSql = "INSERT OR REPLACE INTO meta (key, value) VALUES (CAST(? AS TEXT), ?)";

    // The version whose admission keys were stored as they are.
    private const int KeysInTheClear = 1;

    /// <summary>The row id of a group's cursor.</summary>
    public static long EntryId(long groupNumber, ulong cursor) => (groupNumber << CursorBits) | (long)cursor;

    /// <summary>Sets the connection up, brings the tables to today's version, and makes the relay's secret if there is none.</summary>
    /// <exception cref="StoreException">The data is of a newer version, or SQLite failed.</exception>
    public static void Apply(SqliteDatabase database)
    {
        database.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000; PRAGMA journal_size_limit=134217728; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;");
        database.Execute("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;");
        var found = ReadMeta(database, "schema") is { } bytes ? int.Parse(Encoding.ASCII.GetString(bytes), System.Globalization.CultureInfo.InvariantCulture) : 0;
        if (found > Versions.Length)
            throw new StoreException($"The data has schema {found}; this relay knows up to {Versions.Length}. Run the newer relay, or restore an older copy of the data.");

        // What is overwritten must not stay in the file's free space.
        if (found is > 0 and <= KeysInTheClear) database.Execute("PRAGMA secure_delete=ON");
        for (var version = found; version < Versions.Length; version++)
        {
            database.Execute("BEGIN IMMEDIATE");
            database.Execute(Versions[version]);
            if (version == KeysInTheClear) HashAdmissionKeys(database);
            WriteMeta(database, "schema", Encoding.ASCII.GetBytes($"{version + 1}"));
            if (ReadMeta(database, "secret") is null) WriteMeta(database, "secret", RandomNumberGenerator.GetBytes(32));
            database.Execute("COMMIT");
        }

        if (found is > 0 and <= KeysInTheClear) database.Execute("PRAGMA secure_delete=OFF; PRAGMA wal_checkpoint(TRUNCATE);");
    }

    private static void HashAdmissionKeys(SqliteDatabase database)
    {
        if (ReadMeta(database, "secret") is not { } secret) return;
        var pseudonyms = new GroupKey(secret);
        var keys = new List<(long Number, byte[] Key)>();
        var read = database.Prepare("SELECT number, admission_hash FROM groups");
        while (read.Step()) keys.Add((read.Int64(0), read.Bytes(1)));
        var write = database.Prepare("UPDATE groups SET admission_hash = ? WHERE number = ?");
        foreach (var (number, key) in keys) write.Bind(1, pseudonyms.HashOf(key)).Bind(2, number).Run();
    }

    public static byte[]? ReadMeta(SqliteDatabase database, string key)
    {
        var statement = database.Prepare("SELECT value FROM meta WHERE CAST(key AS BLOB) = ?");
        var value = statement.Bind(1, Encoding.ASCII.GetBytes(key)).Step() ? statement.Bytes(0) : null;
        statement.Reset();
        return value;
    }

    private static void WriteMeta(SqliteDatabase database, string key, byte[] value) =>
        database.Prepare(WriteMetaSql).Bind(1, Encoding.ASCII.GetBytes(key)).Bind(2, value).Run();
}
