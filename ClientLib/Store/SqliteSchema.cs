using Microsoft.Data.Sqlite;

namespace ZeroK.Client.Store;

/// <summary>Opens state.db and makes its tables.</summary>
internal static class SqliteSchema
{
    private const int BusySeconds = 10;
    private const long ApplicationId = 0x304B5344;
    private const long Version = 3;

    private const string Tables = """
        CREATE TABLE device (one INTEGER PRIMARY KEY CHECK (one = 1), last_sequence INTEGER NOT NULL, last_hash BLOB NOT NULL, needs_state INTEGER NOT NULL DEFAULT 0);
        INSERT INTO device (one, last_sequence, last_hash) VALUES (1, 0, zeroblob(32));
        CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, blob_id BLOB NOT NULL, envelope BLOB NOT NULL);
        CREATE TABLE relay (id BLOB PRIMARY KEY, log_id BLOB NOT NULL, received INTEGER NOT NULL, head INTEGER NOT NULL, joined_at INTEGER NOT NULL, trimmed INTEGER NOT NULL, foreign_sequence INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE peer (device BLOB PRIMARY KEY, contiguous INTEGER NOT NULL, last_hash BLOB NOT NULL, rebase INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE ahead (device BLOB, sequence INTEGER, hash BLOB NOT NULL, previous BLOB NOT NULL, PRIMARY KEY (device, sequence)) WITHOUT ROWID;
        CREATE TABLE quarantine (relay BLOB NOT NULL, cursor INTEGER NOT NULL, blob_id BLOB NOT NULL, sender BLOB NOT NULL, sequence INTEGER NOT NULL, reason INTEGER NOT NULL, envelope BLOB NOT NULL, hash BLOB NOT NULL DEFAULT x'', holds INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (relay, cursor, blob_id));
        """ + TablesOfSeveralRelays + TableOfTaken;

    private const string TablesOfSeveralRelays = """
        CREATE TABLE delivery (relay BLOB PRIMARY KEY, through INTEGER NOT NULL, given_up INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE seen (relay BLOB, device BLOB, sequence INTEGER NOT NULL, PRIMARY KEY (relay, device)) WITHOUT ROWID;
        """;

    private const string TableOfTaken = """
        CREATE TABLE taken (id BLOB PRIMARY KEY) WITHOUT ROWID;
        """;

    private const string From2To3 = TableOfTaken + """
        ALTER TABLE quarantine ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
        ALTER TABLE quarantine ADD COLUMN holds INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE relay ADD COLUMN foreign_sequence INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE device ADD COLUMN needs_state INTEGER NOT NULL DEFAULT 0;
        PRAGMA user_version=3;
        """;

    // Version 1 knew one relay: what left its outbox is what that relay has.
    private const string From1To3 = TablesOfSeveralRelays + """
        ALTER TABLE relay ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;
        INSERT INTO delivery SELECT id, coalesce((SELECT min(sequence) - 1 FROM outbox), (SELECT last_sequence FROM device)), 0 FROM relay;
        """ + From2To3;

    /// <exception cref="DeviceException">The file is no state file, of another version, or can't be used: <see cref="DeviceException.Problem"/> says why.</exception>
    public static SqliteConnection Open(string path, int busySeconds = BusySeconds)
    {
        try
        {
            CreateFile(path);
            var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = busySeconds }.ToString());
            try
            {
                connection.Open();
                Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA temp_store=MEMORY;");
                Prepare(connection);
                return connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Named(e, path, "opened");
        }
    }

    private static void CreateFile(string path)
    {
        if (File.Exists(path)) return;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
    }

    private static void Prepare(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        var version = Scalar(connection, "PRAGMA user_version");
        var tables = Scalar(connection, "SELECT count(*) FROM sqlite_master");
        if (tables == 0)
        {
            Execute(connection, $"{Tables} PRAGMA application_id={ApplicationId}; PRAGMA user_version={Version};");
            transaction.Commit();
            return;
        }

        if (Scalar(connection, "PRAGMA application_id") != ApplicationId)
            throw new DeviceException(DeviceProblem.Damaged, "state.db is a database of another program. It is left as it is.");
        if (version is 1 or 2)
        {
            Execute(connection, version == 1 ? From1To3 : From2To3);
            transaction.Commit();
            return;
        }

        if (version != Version)
            throw new DeviceException(DeviceProblem.OtherVersion, $"state.db is of version {version}; this program knows version {Version}. Update it.");
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this folder come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this folder come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }
}
