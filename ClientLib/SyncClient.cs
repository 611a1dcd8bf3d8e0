using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>Keeps a device in sync with its group: queues and sends what the app pushes, receives, verifies and hands over what other devices pushed, reconnects by itself.</summary>
/// <remarks>All methods may be called from many threads; one <see cref="ReceiveAsync"/> at a time. Works offline: nothing but <see cref="FlushAsync"/>, <see cref="CaughtUpAsync"/>, <see cref="ListDevicesAsync"/> and <see cref="PeekAsync"/> waits for the relay.</remarks>
public sealed class SyncClient : IAsyncDisposable
{
    /// <summary>Opens the local state and starts connecting in the background. The device stays the caller's, and must outlive the client.</summary>
    /// <exception cref="DeviceException">The device has no group, its state is damaged, or another process runs on it.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public static Task<SyncClient> StartAsync(Device device, SyncOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Seals a blob and puts it in the durable outbox. When this returns, the blob survives a crash and will be sent.</summary>
    /// <param name="payload">0 bytes to 1 MiB. Copied.</param>
    /// <param name="label">A name that travels sealed with the blob, at most 1,024 bytes of UTF-8; for example a file's path.</param>
    /// <param name="cancellationToken">Gives up waiting; the blob may be in the outbox all the same.</param>
    /// <exception cref="ArgumentException">The payload or the label is too large.</exception>
    /// <exception cref="SyncException">The client is being closed, the outbox can't be written, or the state was restored from a copy.</exception>
    public ValueTask<PushReceipt> PushAsync(ReadOnlyMemory<byte> payload, string? label = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>What other devices pushed, in the group's order. Waits for more until cancelled. A blob is handed over until it was acknowledged by <see cref="ReceivedBlob.AckAsync"/>; a new call begins with the first that was not.</summary>
    /// <exception cref="InvalidOperationException">Another call is reading.</exception>
    public IAsyncEnumerable<ReceivedBlob> ReceiveAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>What happens: begins with what happened since the start (at most the last 256 events), then waits for more until cancelled or closed. Each call gets all events.</summary>
    public IAsyncEnumerable<SyncEvent> EventsAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>How things stand now.</summary>
    public SyncStatus Status => throw new NotImplementedException();

    /// <summary>Waits until all that was pushed before this call is acknowledged by the relay as durable.</summary>
    /// <exception cref="SyncException">The relay refused for good: <see cref="SyncException.Code"/> says why.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Asks the relay for its head and waits until everything up to it was handed to the app by <see cref="ReceiveAsync"/> (and, for blobs, acknowledged). For one-shot pulls: run it beside the reading loop.</summary>
    /// <returns>The head.</returns>
    /// <exception cref="SyncException">The relay refused for good.</exception>
    public Task<Cursor> CaughtUpAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The group's devices, as the relay knows them, with their names opened.</summary>
    /// <exception cref="SyncException">The relay refused.</exception>
    public Task<IReadOnlyList<GroupDevice>> ListDevicesAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads what the relay still keeps after a cursor, without moving any state: what was acknowledged may come again, chains are not checked.</summary>
    /// <param name="after">The cursor to start after; <see cref="Cursor.Zero"/> for the first that is kept.</param>
    /// <param name="limit">At most so many blobs; 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SyncException">The relay refused.</exception>
    public Task<PeekResult> PeekAsync(Cursor after, int limit, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Tries again to open what could not be opened; what opens is handed to the app. Also done at every start.</summary>
    /// <returns>How many still can't be opened.</returns>
    public Task<int> RetryUndecryptableAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Says goodbye and closes. What was accepted by <see cref="PushAsync"/> stays in the outbox.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
