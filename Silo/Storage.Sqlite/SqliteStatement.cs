using SQLitePCL;

namespace ZeroK.Storage.Sqlite;

/// <summary>A prepared statement. Bind from 1 on, step, read columns from 0 on, reset.</summary>
internal sealed class SqliteStatement(sqlite3 database, sqlite3_stmt handle) : IDisposable
{
    /// <summary>Rows that the last completed statement of the connection changed.</summary>
    public int Changes => raw.sqlite3_changes(database);

    public SqliteStatement Bind(int index, long value)
    {
        Check(raw.sqlite3_bind_int64(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, ulong value) => Bind(index, checked((long)value));

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, index, 0) : raw.sqlite3_bind_blob(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(index, bytes);
    }

    public SqliteStatement BindNull(int index)
    {
        Check(raw.sqlite3_bind_null(handle, index));
        return this;
    }

    /// <summary>True while there is a row. Resets the statement at the end and on a fault.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW) return true;
        raw.sqlite3_reset(handle);
        return code == raw.SQLITE_DONE ? false : throw SqliteFault.Of(code, "to run a statement");
    }

    /// <summary>Runs a statement that gives no row.</summary>
    /// <returns>Changed rows.</returns>
    public int Run()
    {
        if (Step()) throw new InvalidOperationException("A statement that gives no row gave one.");
        return Changes;
    }

    /// <summary>Ends a statement before its last row.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    public ulong UInt64(int column) => (ulong)Int64(column);

    public byte[] Bytes(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    public Guid Guid(int column) => new(raw.sqlite3_column_blob(handle, column), bigEndian: true);

    public void Dispose() => handle.Dispose();

    private static void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw SqliteFault.Of(code, "to bind a parameter");
    }
}
