using SQLitePCL;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.Sqlite;

/// <summary>Turns SQLite's result codes into what an operator can do.</summary>
internal static class SqliteFault
{
    /// <summary>The failure of a call. Names no data: SQLite's own text isn't passed on.</summary>
    public static StoreException Of(int code, string doing)
    {
        var advice = (code & 0xFF) switch
        {
            raw.SQLITE_FULL => "The disk is full. Free space where the data directory is; the relay goes on by itself.",
            raw.SQLITE_IOERR => "The disk failed to read or write. Check the disk and the system's log.",
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "Another program holds the database. Close it: only the relay may open its data.",
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => "The database is damaged. Restore the data directory from a copy.",
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH => "The database can't be opened for writing. Check the owner and the rights of the data directory.",
            raw.SQLITE_NOMEM => "There is not enough memory.",
            raw.SQLITE_CONSTRAINT => "A row contradicts one that is there already. Nothing of the commit was written.",
            _ => "See SQLite's list of result codes.",
        };
        return new StoreException($"SQLite failed {doing} (code {code}). {advice}") { HResult = code };
    }

    /// <summary>A fault of one commit: a bound of the store is reached.</summary>
    public static StoreException OfOneCommit(string message) => new(message) { HResult = raw.SQLITE_CONSTRAINT };

    /// <summary>Whether a fault is of one commit, so that the others of its transaction may do without it.</summary>
    public static bool IsOfOneCommit(StoreException e) => (e.HResult & 0xFF) == raw.SQLITE_CONSTRAINT;
}
