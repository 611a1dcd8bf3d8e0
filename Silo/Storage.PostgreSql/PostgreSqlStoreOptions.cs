using Npgsql;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Where the cluster's store is, and its bounds.</summary>
public sealed record PostgreSqlStoreOptions
{
    /// <summary>A constant: the connection string has a password.</summary>
    public override string ToString() => "[PostgreSQL options]";

    /// <summary>How to reach the database, as Npgsql reads it: Host=db;Database=zerok;Username=zerok;Password=….</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Commits that may wait for the writer, of all groups of this relay; more are refused as a store that doesn't answer. 1 and more; default 65,536.</summary>
    public int WaitingCommitsMax { get; init; } = 65_536;

    /// <summary>Body bytes that may wait for the writer. 2 MiB and more; default 256 MiB.</summary>
    public long WaitingBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Commits in one round trip. 1 and more; default 4,096.</summary>
    public int BatchCommitsMax { get; init; } = 4096;

    /// <summary>Body bytes in one round trip, though one commit always fits. Default 16 MiB.</summary>
    public long BatchBytesMax { get; init; } = 16L * 1024 * 1024;

    /// <summary>Connections for reading, beside the one for writing. 1 to 64; default 8.</summary>
    public int ReadConnections { get; init; } = 8;

    /// <summary>Seconds that a statement may take before it is cancelled. 1 to 300; default 10.</summary>
    public int CommandSeconds { get; init; } = 10;

    /// <summary>Seconds that making a connection may take. 1 to 60; default 3.</summary>
    public int ConnectSeconds { get; init; } = 3;

    /// <summary>For tests: changes the commit's SQL, to see what fails without a part of it.</summary>
    internal Func<string, string> CommitSql { get; init; } = sql => sql;

    /// <summary>Throws, naming the option that is out of its range.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(ConnectionString)) throw new ArgumentException($"{nameof(ConnectionString)} is empty; it must say where the database is: Host=…;Database=…;Username=….");
        if (string.IsNullOrEmpty(Parse().Host)) throw new ArgumentException($"{nameof(ConnectionString)} names no Host.");
        if (WaitingCommitsMax < 1) throw new ArgumentException($"{nameof(WaitingCommitsMax)} is {WaitingCommitsMax}; it must be at least 1.");
        if (WaitingBytesMax < 2 << 20) throw new ArgumentException($"{nameof(WaitingBytesMax)} is {WaitingBytesMax}; it must be at least 2 MiB.");
        if (BatchCommitsMax < 1) throw new ArgumentException($"{nameof(BatchCommitsMax)} is {BatchCommitsMax}; it must be at least 1.");
        if (BatchBytesMax < 1) throw new ArgumentException($"{nameof(BatchBytesMax)} is {BatchBytesMax}; it must be at least 1.");
        if (ReadConnections is < 1 or > 64) throw new ArgumentException($"{nameof(ReadConnections)} is {ReadConnections}; it must lie between 1 and 64.");
        if (CommandSeconds is < 1 or > 300) throw new ArgumentException($"{nameof(CommandSeconds)} is {CommandSeconds}; it must lie between 1 and 300.");
        if (ConnectSeconds is < 1 or > 60) throw new ArgumentException($"{nameof(ConnectSeconds)} is {ConnectSeconds}; it must lie between 1 and 60.");
    }

    /// <summary>The data source: the given connection string, with what the store needs of a session.</summary>
    internal NpgsqlDataSource Connect()
    {
        var connection = Parse();
        connection.ApplicationName ??= "zerok-relay";
        connection.MaxPoolSize = ReadConnections + PostgreSqlContentIndex.Connections + PostgreSqlBodyStore.Connections + 2;
        connection.Timeout = ConnectSeconds;
        connection.CommandTimeout = CommandSeconds;
        connection.CancellationTimeout = 1000;
        connection.MaxAutoPrepare = 32;
        connection.AutoPrepareMinUsages = 2;
        connection.IncludeErrorDetail = false;

        // Acknowledged means durable, whatever the server's default; and every plan goes by the keys, also before the first ANALYZE.
        connection.Options = $"{connection.Options} -c synchronous_commit=on -c enable_seqscan=off -c enable_mergejoin=off".TrimStart();
        return new NpgsqlDataSourceBuilder(connection.ConnectionString).Build();
    }

    // The text may hold a password: the parser's own message is not passed on.
    private NpgsqlConnectionStringBuilder Parse()
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            throw new ArgumentException($"{nameof(ConnectionString)} can't be read. It looks like Host=db;Port=5432;Database=zerok;Username=zerok;Password=….");
        }
    }
}
