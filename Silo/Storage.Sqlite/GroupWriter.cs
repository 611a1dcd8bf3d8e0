using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.Sqlite;

/// <summary>The one thread that writes: takes what waits, of all groups, into one transaction, and answers all when it is durable.</summary>
internal sealed class GroupWriter : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly GroupTables _tables;
    private readonly SqliteStoreOptions _options;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly Queue<Job> _waiting = new();
    private long _waitingBytes;
    private bool _stopping;

    public GroupWriter(SqliteDatabase database, SqliteStoreOptions options)
    {
        _database = database;
        _options = options;
        _tables = new GroupTables(database, options.Fence);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _thread = new Thread(Work) { IsBackground = true, Name = "store writer" };
        _thread.Start();
    }

    public Task<bool> CommitAsync(GroupCommit commit) => Enqueue(new CommitJob(commit)).Task;

    public Task<ulong?> TakeOverAsync(Guid group) => Enqueue(new TakeOverJob(group)).Task;

    public Task<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor) => Enqueue(new EndJob(group, epoch, lastCursor)).Task;

    public Task<bool> NoteAsync(string key, byte[] value) => Enqueue(new NoteJob(key, value)).Task;

    /// <summary>Writes what waits, then stops.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private T Enqueue<T>(T job) where T : Job
    {
        lock (_gate)
        {
            if (_stopping) throw new StoreException("The store is closed: the relay is shutting down.");
            if (_waiting.Count >= _options.WaitingCommitsMax || _waitingBytes + job.Bytes > _options.WaitingBytesMax)
                throw new StoreException($"The store has {_waiting.Count} commits waiting, as many as it may. The disk is too slow for the load.");
            _waiting.Enqueue(job);
            _waitingBytes += job.Bytes;
            if (_waiting.Count == 1) Monitor.Pulse(_gate);
        }

        return job;
    }

    private void Work()
    {
        var batch = new List<Job>();
        while (TakeBatch(batch)) Write(batch);
    }

    private bool TakeBatch(List<Job> batch)
    {
        batch.Clear();
        long bytes = 0;
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_stopping) return false;
                Monitor.Wait(_gate);
            }

            while (batch.Count < _options.BatchCommitsMax && _waiting.TryPeek(out var job) && (batch.Count == 0 || bytes + job.Bytes <= _options.BatchBytesMax))
            {
                batch.Add(_waiting.Dequeue());
                bytes += job.Bytes;
            }

            _waitingBytes -= bytes;
        }

        return true;
    }

    private void Write(List<Job> batch)
    {
        try
        {
            WriteOnce(batch);
        }
        catch (Exception e) when (batch.Count > 1 && (e is not StoreException fault || SqliteFault.IsOfOneCommit(fault)))
        {
            // The transaction is undone. The disk is well, so one commit is wrong: each alone, and only that one fails.
            foreach (var job in batch.ToArray()) Write([job]);
            return;
        }
        catch (Exception e)
        {
            var fault = e as StoreException ?? new StoreException("The store's writer failed; nothing of this commit was written.", e);
            foreach (var job in batch) job.Fail(fault);
            return;
        }

        foreach (var job in batch) job.Complete();
    }

    private void WriteOnce(List<Job> batch)
    {
        try
        {
            _begin.Run();
            foreach (var job in batch) job.Run(_tables);
            _tables.Flush();
            _commit.Run();
        }
        catch (Exception)
        {
            _tables.Forget();
            _database.RollBack();
            throw;
        }
    }

    private abstract class Job
    {
        public virtual long Bytes => 0;

        public abstract void Run(GroupTables tables);

        public abstract void Complete();

        public abstract void Fail(StoreException fault);
    }

    private abstract class Job<T> : Job
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _done.Task;

        protected T Result { get; set; } = default!;

        public override void Complete() => _done.SetResult(Result);

        public override void Fail(StoreException fault) => _done.SetException(fault);
    }

    private sealed class CommitJob(GroupCommit commit) : Job<bool>
    {
        public override long Bytes { get; } = commit.BodyBytes;

        public override void Run(GroupTables tables) => Result = tables.Commit(commit);
    }

    private sealed class EndJob(Guid group, ulong epoch, Cursor lastCursor) : Job<bool>
    {
        public override void Run(GroupTables tables) => Result = tables.End(group, epoch, lastCursor);
    }

    private sealed class NoteJob(string key, byte[] value) : Job<bool>
    {
        public override void Run(GroupTables tables)
        {
            tables.Note(key, value);
            Result = true;
        }
    }

    private sealed class TakeOverJob(Guid group) : Job<ulong?>
    {
        public override void Run(GroupTables tables) => Result = tables.TakeOver(group);
    }
}
