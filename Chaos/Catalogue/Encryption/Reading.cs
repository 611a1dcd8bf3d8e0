using ZeroK.Chaos.Scenarios;
using ZeroK.Client;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>An app at a client: takes blobs and acknowledges them, and collects events.</summary>
internal sealed class Reading : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly List<SyncEvent> _events = [];
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<ReceivedBlob> _blobs;
    private readonly Task _listening;

    public Reading(SyncClient client, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _blobs = client.ReceiveAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
        _listening = ListenAsync(client);
    }

    public CancellationToken Cancel => _stop.Token;

    /// <summary>Parts of what was sealed: what no text may show.</summary>
    public List<byte[]> Plaintexts { get; } = [];

    public IReadOnlyList<SyncEvent> Events()
    {
        lock (_gate) return [.. _events];
    }

    public async Task<ReceivedBlob> NextAsync()
    {
        try
        {
            if (!await _blobs.MoveNextAsync().AsTask().WaitAsync(Patience, TimeProvider.System, _stop.Token).ConfigureAwait(false)) throw new ScenarioFailedException("the client ended while a blob was awaited");
        }
        catch (TimeoutException e)
        {
            throw new ScenarioFailedException("the next good blob did not come; events: " + string.Join(", ", Events().Select(x => x.GetType().Name)), e);
        }

        await _blobs.Current.AckAsync(_stop.Token).ConfigureAwait(false);
        return _blobs.Current;
    }

    public async Task<IReadOnlyList<SyncEvent>> UntilAsync(Func<IReadOnlyList<SyncEvent>, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!wanted(Events()))
        {
            if (limit.IsCancellationRequested) throw new ScenarioFailedException("an event did not come; there are: " + string.Join(", ", Events().Select(x => x.GetType().Name)));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, _stop.Token).ConfigureAwait(false);
        }

        return Events();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        try
        {
            await _blobs.DisposeAsync().ConfigureAwait(false);
        }
        catch (NotSupportedException)
        {
            // A read that timed out is still under way: the scenario has failed, and the client's end ends it.
        }

        _stop.Dispose();
    }

    private async Task ListenAsync(SyncClient client)
    {
        try
        {
            await foreach (var happened in client.EventsAsync(_stop.Token).ConfigureAwait(false))
            {
                lock (_gate) _events.Add(happened);
            }
        }
        catch (OperationCanceledException)
        {
            // The iteration is over.
        }
    }
}
