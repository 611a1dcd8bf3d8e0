using Npgsql;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.PostgreSql;

/// <summary>The one that writes for this relay: takes what waits, of all groups, into one round trip, and answers all when it is durable.</summary>
/// <remarks>One connection, one batch at a time: while the server commits one, the next collects.</remarks>
internal sealed class BatchWriter : IAsyncDisposable
{
    private const int KnownGroupsMax = 100_000;

    private readonly NpgsqlDataSource _source;
    private readonly PostgreSqlStoreOptions _options;
    private readonly StorePipelines _pipelines;
    private readonly Lock _gate = new();
    private readonly Queue<WriteJob> _waiting = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Dictionary<Guid, ulong> _historyStarts = [];
    private readonly string _commitSql;
    private readonly Task _work;
    private NpgsqlConnection? _connection;
    private long _waitingBytes;
    private bool _stopping;

    public BatchWriter(NpgsqlDataSource source, PostgreSqlStoreOptions options, StorePipelines pipelines)
    {
        (_source, _options, _pipelines) = (source, options, pipelines);
        _commitSql = options.CommitSql(CommitStatement.Sql);
        _work = Task.Run(WorkAsync);
    }

    public Task<bool> CommitAsync(GroupCommit commit) => Enqueue(new CommitJob(commit)).Task;

    public Task<ulong?> TakeOverAsync(Guid group) => Enqueue(new TakeOverJob(group)).Task;

    /// <summary>Writes what waits, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_stopping) return;
            _stopping = true;
        }

        _signal.Release();
        await _work;
        await CloseAsync();
        _signal.Dispose();
    }

    private T Enqueue<T>(T job) where T : WriteJob
    {
        bool first;
        lock (_gate)
        {
            if (_stopping) throw new StoreException("The store is closed: the relay is shutting down.");
            if (_waiting.Count >= _options.WaitingCommitsMax || _waitingBytes + job.Bytes > _options.WaitingBytesMax)
                throw new StoreException($"The store has {_waiting.Count} commits waiting, as many as it may. PostgreSQL is too slow for the load.");
            _waiting.Enqueue(job);
            _waitingBytes += job.Bytes;
            first = _waiting.Count == 1;
        }

        if (first) _signal.Release();
        return job;
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            await _signal.WaitAsync();
            while (await GatherAsync() is { } batch) await WriteAsync(batch);
            lock (_gate)
            {
                if (_stopping && _waiting.Count == 0) return;
            }
        }
    }

    // Behind what is ready to run: commits that are about to come go along. A round trip costs as much as a few dozen of them.
    private async ValueTask<WriteBatch?> GatherAsync()
    {
        await Task.Yield();
        return TakeBatch();
    }

    private WriteBatch? TakeBatch()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0) return null;
            var batch = new WriteBatch();
            while (batch.Count < _options.BatchCommitsMax && _waiting.TryPeek(out var job) && (batch.Count == 0 || batch.Bytes + job.Bytes <= _options.BatchBytesMax) && batch.TryAdd(job))
                _waiting.Dequeue();
            _waitingBytes -= batch.Bytes;
            return batch;
        }
    }

    private async Task WriteAsync(WriteBatch batch)
    {
        try
        {
            if (_historyStarts.Count > KnownGroupsMax) _historyStarts.Clear();
            await _pipelines.Connect.ExecuteAsync(static async (writer, late) => await writer.OpenAsync(late), this);
            var tell = await _pipelines.Write.ExecuteAsync(
                static async (state, late) => await state.batch.WriteAsync(state.writer._connection!, state.writer._commitSql, state.writer._historyStarts, late),
                (batch, writer: this));
            tell();
        }
        catch (Exception e) when (PostgreSqlFault.IsOfOneCommit(e) && !batch.IsOfOneGroup)
        {
            // The transaction was undone, for one group's data: each alone, and only that one fails.
            foreach (var alone in batch.Split().ToList()) await WriteAsync(alone);
        }
        catch (Exception e)
        {
            _historyStarts.Clear();
            await CloseAsync();
            var fault = PostgreSqlFault.IsOfTheStore(e) ? PostgreSqlFault.Of(e, "writing") : new StoreException("The store's writer failed; the relay gives up the groups of this batch and takes them over anew.", e);
            foreach (var job in batch.Jobs) job.Fail(fault);
        }
    }

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection is { State: System.Data.ConnectionState.Open }) return;
        await CloseAsync();
        _connection = await _source.OpenConnectionAsync(cancellationToken);
    }

    private async Task CloseAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        await connection.DisposeAsync();
    }
}
