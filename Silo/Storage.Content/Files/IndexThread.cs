using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace ZeroK.Storage.Content.Files;

/// <summary>The one thread that uses the index's connection: callers wait without holding a thread of the pool, and what waits together is made durable together.</summary>
internal sealed class IndexThread : IDisposable
{
    private const int BatchMax = 64;

    private readonly BlockingCollection<Job> _jobs = [];
    private readonly SqliteConnection _connection;
    private readonly Thread _thread;
    private int _isDisposed;

    /// <param name="connection">Open; disposed of with this.</param>
    public IndexThread(SqliteConnection connection)
    {
        _connection = connection;
        _thread = new Thread(Work) { IsBackground = true, Name = "content index" };
        _thread.Start();
    }

    /// <summary>Runs a step in a transaction; completes when that is durable.</summary>
    /// <exception cref="ContentStoreException">Nothing of it was written.</exception>
    public Task<T> RunAsync<T>(Func<T> step)
    {
        var job = new Job<T>(step);
        try
        {
            _jobs.Add(job);
        }
        catch (InvalidOperationException e)
        {
            throw new ContentStoreException("The content index is closed: the relay is shutting down.", e);
        }

        return job.Task;
    }

    /// <summary>Does what waits, then stops.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _jobs.CompleteAdding();
        _thread.Join();
        _connection.Dispose();
        _jobs.Dispose();
    }

    private void Work()
    {
        var batch = new List<Job>();
        foreach (var first in _jobs.GetConsumingEnumerable())
        {
            batch.Clear();
            batch.Add(first);
            while (batch.Count < BatchMax && _jobs.TryTake(out var more)) batch.Add(more);
            Run(batch);
        }
    }

    private void Run(List<Job> batch)
    {
        try
        {
            using var transaction = _connection.BeginTransaction(deferred: true);
            foreach (var job in batch) job.Run();
            transaction.Commit();
        }
        catch (Exception e)
        {
            // The transaction is undone: none of them was written.
            foreach (var job in batch) job.Fail(e is SqliteException fault ? SqliteContentIndex.Failed(fault) : e);
            return;
        }

        foreach (var job in batch) job.Complete();
    }

    private abstract class Job
    {
        public abstract void Run();

        public abstract void Complete();

        public abstract void Fail(Exception e);
    }

    private sealed class Job<T>(Func<T> step) : Job
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Task => _done.Task;

        public override void Run() => _result = step();

        public override void Complete() => _done.SetResult(_result);

        public override void Fail(Exception e) => _done.SetException(e);
    }
}
