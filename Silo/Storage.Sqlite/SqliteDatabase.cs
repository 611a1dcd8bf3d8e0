using SQLitePCL;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.Sqlite;

/// <summary>A connection, used by one thread at a time. A thin layer over SQLite's C interface: the writer's inner loop makes no garbage.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(sqlite3 handle) => _handle = handle;

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    public long LastRowId => raw.sqlite3_last_insert_rowid(_handle);

    public static SqliteDatabase Open(string path, bool readOnly)
    {
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            handle?.Dispose();
            throw SqliteFault.Of(code, "to open the database");
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, 5000);
        return new SqliteDatabase(handle);
    }

    /// <summary>Runs statements without parameters and results.</summary>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql);
        if (code != raw.SQLITE_OK) throw SqliteFault.Of(code, "to run a statement");
    }

    /// <summary>What the connection answers to PRAGMA synchronous: 2 is FULL.</summary>
    public long Synchronous()
    {
        var asked = Prepare("PRAGMA synchronous");
        if (!asked.Step()) throw new StoreException("SQLite does not say whether it waits for the disk. Use another SQLite.");
        var answer = asked.Int64(0);
        asked.Reset();
        return answer;
    }

    /// <summary>A statement that is kept open as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v2(_handle, sql, out var statement);
        if (code != raw.SQLITE_OK) throw SqliteFault.Of(code, "to prepare a statement");
        var prepared = new SqliteStatement(_handle, statement);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Ends an open transaction without its changes. Some faults have ended it already.</summary>
    public void RollBack()
    {
        if (InTransaction) Execute("ROLLBACK");
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _handle.Dispose();
    }
}
