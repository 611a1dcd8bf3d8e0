using Npgsql;
using Polly.CircuitBreaker;
using Polly.Timeout;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Turns PostgreSQL's errors into what an operator can do, and says which may be tried again.</summary>
internal static class PostgreSqlFault
{
    /// <summary>Whether an exception is the database's, or that of the way to it.</summary>
    public static bool IsOfTheStore(Exception e) => e is not (StoreException or BodyStoreException) and (NpgsqlException or TimeoutException or TimeoutRejectedException or BrokenCircuitException or IOException or System.Net.Sockets.SocketException);

    /// <summary>Whether the server has said that the transaction was undone and a second try may do better: a deadlock, a conflict, a lock.</summary>
    public static bool WasUndone(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable };

    /// <summary>Whether a read may be tried again.</summary>
    public static bool IsPassing(Exception e) => WasUndone(e) || e is not StoreException and (NpgsqlException { IsTransient: true } or IOException or TimeoutException);

    /// <summary>Whether a fault is of one commit's data (classes 22 and 23), so that the others of its transaction may do without it.</summary>
    public static bool IsOfOneCommit(Exception e) => e is PostgresException { SqlState: ['2', '2' or '3', ..] };

    /// <summary>The failure of a call. Names no data: PostgreSQL's own text isn't passed on.</summary>
    public static StoreException Of(Exception e, string doing)
    {
        var advice = e is PostgresException { SqlState: var state } ? $" (code {state}). {Advice(state)}"
            : e is BrokenCircuitException ? ". It failed several times in a row and is left alone for a moment; the relay goes on by itself."
            : e is TimeoutException or TimeoutRejectedException || e.InnerException is TimeoutException ? ". It did not answer in time. Check its load, its disk and the network."
            : ". It can't be reached, or the connection broke. Check that it runs, the network, and the connection string; the relay goes on by itself.";
        return new StoreException($"PostgreSQL failed {doing}{advice}");
    }

    private static string Advice(string state) => state switch
    {
        PostgresErrorCodes.DiskFull => "Its disk is full. Free space there; the relay goes on by itself.",
        PostgresErrorCodes.TooManyConnections => "It has no connection left. Raise max_connections, or lower the relays' ReadConnections.",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "It refuses the user or the password of the connection string.",
        PostgresErrorCodes.InvalidCatalogName => "The database of the connection string does not exist: create it.",
        PostgresErrorCodes.InsufficientPrivilege => "The user lacks a right: it must be able to create tables in its schema, read and write.",
        PostgresErrorCodes.ReadOnlySqlTransaction => "The server only reads: it is a standby. Name the primary in the connection string.",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => "It is shutting down or starting; the relay goes on by itself.",
        PostgresErrorCodes.LockNotAvailable => "A table could not be changed, since something has been reading it for a while: a backup? Start the relay again when that is over.",
        PostgresErrorCodes.QueryCanceled => "A statement took too long. Check its load and its disk.",
        ['5', '8', ..] => "Its disk failed to read or write. Check the disk and the server's log.",
        ['X', 'X', ..] => "Its data may be damaged. See the server's log.",
        ['2', '2' or '3', ..] => "A row contradicts one that is there already. Nothing of the commit was written.",
        _ => "See PostgreSQL's list of error codes.",
    };
}
