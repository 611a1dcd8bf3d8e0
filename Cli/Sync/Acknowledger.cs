using ZeroK.Cli.Terminal;

namespace ZeroK.Cli.Sync;

/// <summary>Acknowledges blobs when what was written of them is out: read by a pipe's reader, on stable storage in a file. What a reader that went away did not read comes again.</summary>
internal sealed class Acknowledger(Output output, TimeProvider time) : IDisposable
{
    // What waits for a slow reader stays in memory: a pipe holds 64 KiB, but a line may stand for 1 MiB.
    private const int WaitingMax = 512;
    private const long WaitingBytesMax = 8L * 1024 * 1024;
    private static readonly TimeSpan LookFirst = TimeSpan.FromMilliseconds(1), LookMax = TimeSpan.FromMilliseconds(20);

    private readonly Queue<(Incoming Blob, long End)> _waiting = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _waitingBytes;

    /// <summary>Runs a reader, and acknowledges beside it what it adds. Ends when the reader has ended and all is acknowledged.</summary>
    /// <exception cref="OutputClosedException">The reader of the output went away before it had read everything.</exception>
    public async Task WhileAsync(Func<CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = read(end.Token);
        var settling = SettleAllAsync(reading, end.Token);
        if (await Task.WhenAny(reading, settling) == settling && !settling.IsCompletedSuccessfully) await end.CancelAsync();
        try
        {
            await reading;
        }
        catch when (!settling.IsFaulted)
        {
            await end.CancelAsync();
            await settling.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
        catch (OperationCanceledException)
        {
            // Ended by what went wrong beside it.
        }

        await settling;
    }

    /// <summary>Acknowledges a blob that was taken, as soon as all that was written up to now is out. Waits if too much waits already.</summary>
    public async Task AddAsync(Incoming blob, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _waiting.Enqueue((blob, output.Written));
            _waitingBytes += blob.Payload.Length;
            await SettleAsync(cancellationToken);
            Tell();
        }
        finally
        {
            _gate.Release();
        }

        while (Volatile.Read(ref _waitingBytes) > WaitingBytesMax || _waiting.Count > WaitingMax)
            await Task.Delay(LookMax, time, cancellationToken);
    }

    public void Dispose() => _gate.Dispose();

    private async Task SettleAllAsync(Task reading, CancellationToken cancellationToken)
    {
        var wait = LookFirst;
        while (true)
        {
            Task added;
            int left;
            await _gate.WaitAsync(cancellationToken);
            try
            {
                if (await SettleAsync(cancellationToken)) wait = LookFirst;
                (left, added) = (_waiting.Count, _added.Task);
            }
            finally
            {
                _gate.Release();
            }

            if (left == 0 && reading.IsCompleted) return;
            if (left == 0) await Task.WhenAny(reading, added).WaitAsync(cancellationToken);
            else await Task.Delay(wait, time, cancellationToken);
            wait = left == 0 ? LookFirst : TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LookMax.Ticks));
        }
    }

    // Acknowledging a blob acknowledges all before it.
    private async Task<bool> SettleAsync(CancellationToken cancellationToken)
    {
        Incoming? last = null;
        if (_waiting.Count > 0)
        {
            var isGone = output.ReaderIsGone;
            var delivered = output.Delivered();
            while (_waiting.TryPeek(out var next) && next.End <= delivered)
            {
                last = _waiting.Dequeue().Blob;
                _waitingBytes -= last.Payload.Length;
            }

            if (last is not null) await last.AckAsync(cancellationToken);
            else if (isGone) throw new OutputClosedException();
        }

        output.WaitsForReader = _waiting.Count > 0;
        return last is not null;
    }

    private void Tell()
    {
        _added.TrySetResult();
        _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
