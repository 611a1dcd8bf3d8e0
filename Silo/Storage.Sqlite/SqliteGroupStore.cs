using System.Collections.Concurrent;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.Sqlite;

/// <summary>The embedded store: one SQLite database in the data directory, written by one thread, read over separate connections.</summary>
/// <remarks>WAL with synchronous=FULL: a commit is acknowledged after the log is on the disk. A failed transaction is undone, and the store goes on when its cause is gone.</remarks>
public sealed class SqliteGroupStore : IGroupStore, IDisposable
{
    private const string FileName = "groups.db";

    private readonly DirectoryLock _lock;
    private readonly SqliteDatabase _database;
    private readonly GroupWriter _writer;
    private readonly ConcurrentBag<GroupReader> _idleReaders = [];
    private readonly SemaphoreSlim _readers;
    private readonly int _readersMax;
    private readonly byte[] _secret;
    private bool _disposed;

    private SqliteGroupStore(DirectoryLock directoryLock, SqliteDatabase database, string path, SqliteStoreOptions options)
    {
        _lock = directoryLock;
        _database = database;
        SqliteSchema.Apply(database);
        _secret = SqliteSchema.ReadMeta(database, "secret") ?? throw new StoreException("The database has no relay secret: it is damaged. Restore the data directory from a copy.");
        _readersMax = options.ReadConnections;
        _readers = new SemaphoreSlim(_readersMax);
        for (var i = 0; i < _readersMax; i++) _idleReaders.Add(new GroupReader(path));
        _writer = new GroupWriter(database, options);
    }

    /// <summary>Opens the store, and makes it if there is none.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="StoreException">Another process has the directory, or the database can't be opened.</exception>
    public static SqliteGroupStore Open(SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var path = Path.Combine(options.DataDirectory, FileName);
        CreateDirectory(options.DataDirectory);
        var directoryLock = DirectoryLock.Take(options.DataDirectory);
        SqliteDatabase? database = null;
        try
        {
            CreateFile(path);
            database = SqliteDatabase.Open(path, readOnly: false);
            return new SqliteGroupStore(directoryLock, database, path, options);
        }
        catch (Exception e)
        {
            database?.Dispose();
            directoryLock.Dispose();
            if (e is StoreException or not (IOException or UnauthorizedAccessException)) throw;
            throw new StoreException("The database file can't be made. Check the owner, the rights and the free space of the data directory.", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => new([.. _secret]);

    /// <inheritdoc/>
    public async ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken)
    {
        // First the epoch, durable; then the read: nobody else can append between them with an older epoch.
        var epoch = await _writer.TakeOverAsync(group);
        return epoch is { } mine ? await ReadAsync(r => r.Snapshot(group, mine), cancellationToken) : null;
    }

    /// <inheritdoc/>
    public ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken)
    {
        GroupCommitCheck.Validate(commit, keepsNames: false);
        return new(_writer.CommitAsync(commit));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken) =>
        await ReadAsync(r => r.Bodies(group, cursors), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken) =>
        await ReadAsync(r => r.Expired(olderThanMs, most), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) =>
        await ReadAsync(r => r.Unused(keptUntilBeforeMs, most), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken) => new(_writer.EndAsync(group, epoch, lastCursor));

    /// <inheritdoc/>
    public async ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken) => await ReadAsync(r => r.Measure(), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken) => await ReadAsync(r => r.Note(key), cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken) => new(_writer.NoteAsync(key, value));

    /// <summary>What each open connection answers to PRAGMA synchronous, the writer's first. For tests, while nothing is written.</summary>
    internal IReadOnlyList<long> Synchronous() => [_database.Synchronous(), .. _idleReaders.Select(r => r.Synchronous)];

    /// <summary>Writes what waits, closes the database and lets the directory go.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _writer.Dispose();
        for (var i = 0; i < _readersMax; i++) _readers.Wait();
        while (_idleReaders.TryTake(out var reader)) reader.Dispose();
        _readers.Dispose();
        _database.Dispose();
        _lock.Dispose();
    }

    private async Task<T> ReadAsync<T>(Func<GroupReader, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _readers.WaitAsync(cancellationToken);
        try
        {
            if (!_idleReaders.TryTake(out var reader)) throw new InvalidOperationException("A reader is missing.");
            try
            {
                // SQLite blocks: not on the caller's scheduler.
                return await Task.Run(() => read(reader), CancellationToken.None);
            }
            finally
            {
                _idleReaders.Add(reader);
            }
        }
        finally
        {
            _readers.Release();
        }
    }

    private static void CreateDirectory(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException("The data directory can't be made. Check the rights of the directory above it.", e);
        }
    }

    // SQLite gives its log and shared-memory files the rights of the database file.
    private static void CreateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (new FileStream(path, options))
        {
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, OwnerOnly);
        }
    }
}
