namespace ZeroK.Storage.Sqlite;

/// <summary>Where the embedded store keeps its data, and its bounds.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The directory of the data; made, with rights for its owner only, if it is missing. One process at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Commits that may wait for the writer, of all groups; more are refused as a store that doesn't answer. 1 and more; default 65,536.</summary>
    public int WaitingCommitsMax { get; init; } = 65_536;

    /// <summary>Body bytes that may wait for the writer. 2 MiB and more; default 256 MiB.</summary>
    public long WaitingBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Commits in one transaction. 1 and more; default 4,096.</summary>
    public int BatchCommitsMax { get; init; } = 4096;

    /// <summary>Body bytes in one transaction, though one commit always fits. Default 16 MiB.</summary>
    public long BatchBytesMax { get; init; } = 16L * 1024 * 1024;

    /// <summary>Connections for reading. 1 to 64; default 4.</summary>
    public int ReadConnections { get; init; } = 4;

    /// <summary>For tests: whether a commit goes in, by its epoch and its cursor being the group's; to see what fails without a part of it.</summary>
    internal Func<bool, bool, bool> Fence { get; init; } = static (epoch, cursor) => epoch && cursor;

    /// <summary>Throws, naming the option that is out of its range.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory)) throw new ArgumentException($"{nameof(DataDirectory)} is empty; name a directory.");
        if (WaitingCommitsMax < 1) throw new ArgumentException($"{nameof(WaitingCommitsMax)} is {WaitingCommitsMax}; it must be at least 1.");
        if (WaitingBytesMax < 2 << 20) throw new ArgumentException($"{nameof(WaitingBytesMax)} is {WaitingBytesMax}; it must be at least 2 MiB.");
        if (BatchCommitsMax < 1) throw new ArgumentException($"{nameof(BatchCommitsMax)} is {BatchCommitsMax}; it must be at least 1.");
        if (BatchBytesMax < 1) throw new ArgumentException($"{nameof(BatchBytesMax)} is {BatchBytesMax}; it must be at least 1.");
        if (ReadConnections is < 1 or > 64) throw new ArgumentException($"{nameof(ReadConnections)} is {ReadConnections}; it must lie between 1 and 64.");
    }
}
