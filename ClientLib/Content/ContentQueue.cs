using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>Sends in the background what is sealed and not yet sent: what was queued, and what an earlier run left. Waits for the relay as a push does.</summary>
internal sealed class ContentQueue(ContentService service, SyncOptions options) : IAsyncDisposable
{
    private const int SendingsMax = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<ContentId, Sending> _sendings = [];
    private readonly SemaphoreSlim _turns = new(SendingsMax);
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Begins to send a put that is kept, unless it is being sent already.</summary>
    /// <returns>Completes when the relay has all of it on stable storage and its reference is in the outbox; fails with <see cref="ContentTransferException"/> when the relay refuses for good.</returns>
    public Task Start(ContentId id, IProgress<ContentProgress>? progress)
    {
        lock (_gate)
        {
            if (_sendings.TryGetValue(id, out var there)) return there.Done.Task;
            var sending = _sendings[id] = new Sending(CancellationTokenSource.CreateLinkedTokenSource(_closed.Token));

            // Nobody may be waiting for it.
            _ = sending.Done.Task.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            sending.Run = Task.Run(() => RunAsync(id, sending, progress), CancellationToken.None);
            return sending.Done.Task;
        }
    }

    /// <summary>Leaves a put to somebody else: when this completes, it is not being sent here.</summary>
    public async Task StopAsync(ContentId id)
    {
        Sending? sending;
        lock (_gate) _sendings.TryGetValue(id, out sending);
        if (sending is null) return;
        await sending.Stop.CancelAsync().ConfigureAwait(false);
        await sending.Run.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        List<Task> running;
        lock (_gate) running = [.. _sendings.Values.Select(s => s.Run)];
        await Task.WhenAll(running).ConfigureAwait(false);
        _turns.Dispose();
        _closed.Dispose();
    }

    private async Task RunAsync(ContentId id, Sending sending, IProgress<ContentProgress>? progress)
    {
        try
        {
            while (!await TryAsync(id, progress, sending.Stop.Token).ConfigureAwait(false)) await Task.Delay(options.BackoffMax, options.Time, sending.Stop.Token).ConfigureAwait(false);
            sending.Done.TrySetResult();
        }
        catch (OperationCanceledException e)
        {
            sending.Done.TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            // Kept as a transfer: the next start tries again, or a person drops it.
            sending.Done.TrySetException(e);
        }
        finally
        {
            lock (_gate) _sendings.Remove(id);
            sending.Stop.Dispose();
        }
    }

    // False: a fault that passes, as a broken connection does.
    private async Task<bool> TryAsync(ContentId id, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await service.ResumePutAsync(id, progress, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ContentTransferException e) when (Passes(e))
        {
            return false;
        }
        finally
        {
            _turns.Release();
        }
    }

    private static bool Passes(ContentTransferException e) =>
        e.Code == ErrorCode.None || (e.Code != ErrorCode.GroupQuotaExceeded && ErrorCodes.RetryOf(e.Code) != Retry.Never);

    private sealed class Sending(CancellationTokenSource stop)
    {
        public CancellationTokenSource Stop => stop;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Run { get; set; } = Task.CompletedTask;
    }
}
