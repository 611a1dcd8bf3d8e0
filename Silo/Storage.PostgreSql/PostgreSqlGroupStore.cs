using Npgsql;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Storage.Content;
using ZeroK.Wire;

namespace ZeroK.Storage.PostgreSql;

/// <summary>The cluster's store: PostgreSQL, which all relays of the cluster share. Tables are made and brought up to date when it opens.</summary>
/// <remarks>synchronous_commit is on whatever the server's default: a commit is acknowledged after it is on the server's disk (and its synchronous standbys').</remarks>
public sealed class PostgreSqlGroupStore : IGroupStore, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly StorePipelines _pipelines;
    private readonly BatchWriter _writer;
    private readonly SemaphoreSlim _readers;
    private readonly byte[] _secret;
    private readonly PostgreSqlContentIndex _contents;
    private readonly PostgreSqlBodyStore _bodies;

    private PostgreSqlGroupStore(NpgsqlDataSource source, byte[] secret, PostgreSqlStoreOptions options, StorePipelines pipelines)
    {
        (_source, _secret, _pipelines) = (source, secret, pipelines);
        _readers = new SemaphoreSlim(options.ReadConnections);
        _writer = new BatchWriter(source, options, pipelines);
        _contents = new PostgreSqlContentIndex(source, pipelines);
        _bodies = new PostgreSqlBodyStore(source, pipelines);
    }

    /// <summary>Connects, and makes or migrates the tables.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="StoreException">The database can't be reached or used, or is of a newer relay.</exception>
    public static async Task<PostgreSqlGroupStore> OpenAsync(PostgreSqlStoreOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var source = options.Connect();
        var pipelines = new StorePipelines(time);
        try
        {
            var secret = await pipelines.Read.ExecuteAsync(static async (source, late) => await PostgreSqlSchema.ApplyAsync(source, late), source, cancellationToken);
            return new PostgreSqlGroupStore(source, secret, options, pipelines);
        }
        catch (Exception e)
        {
            await source.DisposeAsync();
            if (PostgreSqlFault.IsOfTheStore(e)) throw PostgreSqlFault.Of(e, "opening");
            throw;
        }
    }

    /// <summary>Where all of the store's connections come from.</summary>
    internal NpgsqlDataSource Source => _source;

    /// <summary>The index of contents in the same database; closed with the store.</summary>
    public IContentIndex Contents => _contents;

    /// <summary>Large bodies in the same database; closed with the store.</summary>
    public IBodyStore Bodies => _bodies;

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => new([.. _secret]);

    /// <summary>A value that all relays of the cluster share, such as their identity: the first to ask makes it. Durable before this returns.</summary>
    /// <exception cref="StoreException">The database doesn't answer.</exception>
    public async Task<byte[]> GetSharedAsync(string key, Func<byte[]> make, CancellationToken cancellationToken) =>
        await ReadAsync(
            async (source, late) =>
            {
                await using var connection = await source.OpenConnectionAsync(late);
                return await PostgreSqlSchema.ReadOrMakeAsync(connection, key, make, late);
            },
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken)
    {
        // First the epoch, durable; then, as a statement of its own, the read: nobody with an older epoch can append between them.
        var epoch = await _writer.TakeOverAsync(group);
        return epoch is { } mine ? await ReadAsync((source, late) => GroupReads.SnapshotAsync(source, group, mine, late), cancellationToken) : null;
    }

    /// <inheritdoc/>
    public ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken)
    {
        GroupCommitCheck.Validate(commit);
        return new(_writer.CommitAsync(commit));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken) =>
        await ReadAsync((source, late) => GroupReads.BodiesAsync(source, group, cursors, late), cancellationToken);

    /// <summary>Drops large bodies that no entry of this database names, and that are older than an hour.</summary>
    /// <param name="bodies">Where the relays of this database put their large bodies.</param>
    /// <param name="cancellationToken">Gives up in between.</param>
    /// <returns>Bodies dropped.</returns>
    /// <exception cref="StoreException">The database doesn't answer.</exception>
    /// <exception cref="BodyStoreException">The store of large bodies doesn't answer.</exception>
    public async Task<int> SweepBodiesAsync(IBodyStore bodies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        try
        {
            return await BodySweep.RunAsync(bodies, _source, cancellationToken);
        }
        catch (Exception e) when (PostgreSqlFault.IsOfTheStore(e))
        {
            throw PostgreSqlFault.Of(e, "looking for orphans");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken) =>
        await ReadAsync((source, late) => GroupReads.ExpiredAsync(source, olderThanMs, most, late), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) =>
        await ReadAsync((source, late) => GroupReads.UnusedAsync(source, keptUntilBeforeMs, most, late), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken) =>
        await ReadAsync((source, late) => GroupReads.EndAsync(source, group, epoch, lastCursor, late), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken) => await ReadAsync(GroupReads.MeasureAsync, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken) => await ReadAsync(
        async (source, late) =>
        {
            await using var connection = await source.OpenConnectionAsync(late);
            return await PostgreSqlSchema.ReadMetaAsync(connection, key, late);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken) => await ReadAsync(
        async (source, late) =>
        {
            await using var connection = await source.OpenConnectionAsync(late);
            await PostgreSqlSchema.WriteMetaAsync(connection, key, value, late);
            return true;
        },
        cancellationToken);

    /// <summary>Writes what waits, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _source.DisposeAsync();
        _readers.Dispose();
        _contents.Dispose();
        _bodies.Dispose();
    }

    private async Task<T> ReadAsync<T>(Func<NpgsqlDataSource, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        await _readers.WaitAsync(cancellationToken);
        try
        {
            return await _pipelines.Read.ExecuteAsync(static async (state, late) => await state.read(state._source, late), (read, _source), cancellationToken);
        }
        catch (Exception e) when (PostgreSqlFault.IsOfTheStore(e))
        {
            throw PostgreSqlFault.Of(e, "reading");
        }
        finally
        {
            _readers.Release();
        }
    }
}
