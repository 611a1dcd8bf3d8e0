using ZeroK.Client.Session;
using ZeroK.Wire;

namespace ZeroK.Client;

// For apps that are suspended, woken for a moment, and resumed.
public sealed partial class SyncClient
{
    /// <summary>How long <see cref="TryFlushAsync"/> and <see cref="SuspendAsync"/> wait if nothing is said: 500 ms.</summary>
    public static TimeSpan FlushTimeDefault { get; } = TimeSpan.FromMilliseconds(500);

    private bool _isSuspended;

    /// <summary>As <see cref="FlushAsync"/>, but waits no longer than a deadline, and doesn't throw: what is not sent stays in the outbox.</summary>
    /// <param name="atMost">How long; null: <see cref="FlushTimeDefault"/>.</param>
    /// <param name="cancellationToken">Gives up at once.</param>
    /// <returns>Whether all that was pushed before this call is durable at the primary relay.</returns>
    public async Task<bool> TryFlushAsync(TimeSpan? atMost = null, CancellationToken cancellationToken = default)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = new CancellationTokenSource(atMost ?? FlushTimeDefault, _options.Time);
        using var linked = timer.Token.Register(end.Cancel);
        try
        {
            await FlushAsync(end.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (SyncException)
        {
            return false;
        }
    }

    /// <summary>The app goes to the background: sends what it can within a deadline, says goodbye and closes all connections. Pushes are still accepted, into the outbox. <see cref="Resume"/> connects again.</summary>
    /// <param name="flushAtMost">How long to wait for the outbox; null: <see cref="FlushTimeDefault"/>.</param>
    /// <param name="cancellationToken">Skips the wait for the outbox.</param>
    /// <returns>Whether all that was pushed before this call is durable at the primary relay.</returns>
    public async Task<bool> SuspendAsync(TimeSpan? flushAtMost = null, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _isSuspended, true);
        try
        {
            return await TryFlushAsync(flushAtMost, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            await _relays.SuspendAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The app is back: connects at once, without waiting for a back-off to end. Does nothing to a connection that is open.</summary>
    public void Resume()
    {
        Volatile.Write(ref _isSuspended, false);
        _relays.Resume();
        _relays.TryAgain();
    }

    /// <summary>For an app that is woken for a moment: connects, handles and acknowledges what is there, sends the outbox, and is suspended again if it was before.</summary>
    /// <param name="handle">As in <see cref="HandleAsync"/>.</param>
    /// <param name="atMost">How long all of it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether everything up to the relay's head was handled and nothing is missing before it, and whether the outbox is sent. No exception for a relay that can't be reached.</returns>
    /// <exception cref="InvalidOperationException">Another call is reading.</exception>
    public async Task<SyncOnceResult> SyncOnceAsync(Func<ReceivedBlob, CancellationToken, ValueTask> handle, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        using var timer = new CancellationTokenSource(atMost, _options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        var wasSuspended = Volatile.Read(ref _isSuspended);
        var handled = 0;
        Resume();
        try
        {
            using var reading = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
            var handling = HandleAsync(
                async (blob, token) =>
                {
                    await handle(blob, token).ConfigureAwait(false);
                    handled++;
                },
                reading.Token);
            var isCaughtUp = await IsDoneAsync(handling, CaughtUpAsync(end.Token)).ConfigureAwait(false);
            var isFlushed = await IsDoneAsync(handling, FlushAsync(end.Token)).ConfigureAwait(false);
            await reading.CancelAsync().ConfigureAwait(false);
            await EndOfAsync(handling).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            var needsState = _parts.Inbox.NeedsState > Cursor.Zero;
            return new SyncOnceResult(isCaughtUp && !needsState, isFlushed, handled) { NeedsState = needsState };
        }
        finally
        {
            if (wasSuspended) await SuspendAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes own blobs at the relays, so that devices that have not read them don't get them. Those that have read them keep what they have.</summary>
    /// <param name="blobs">Ids from <see cref="PushReceipt.BlobId"/>, of blobs that are durable; ids that a relay doesn't know (any more) are passed over.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The relays that were not reached: they still hand the blobs out. Call again later for them.</returns>
    /// <exception cref="SyncException">The primary relay refused, or every relay did for good.</exception>
    public async Task<IReadOnlyList<RelayAddress>> DeleteAsync(IReadOnlyCollection<BlobId> blobs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        if (blobs.Count == 0) return [];
        var primary = await _relays.WithSessionAsync(
            async (i, session) =>
            {
                await DeleteAsync(session, blobs, cancellationToken).ConfigureAwait(false);
                return i;
            },
            cancellationToken).ConfigureAwait(false);
        return await _relays.OnOthersAsync(primary, session => DeleteAsync(session, blobs, cancellationToken)).ConfigureAwait(false);
    }

    private static async Task DeleteAsync(RelaySession session, IReadOnlyCollection<BlobId> blobs, CancellationToken cancellationToken)
    {
        foreach (var some in blobs.Chunk(WireLimits.DeleteBlobsMax))
        {
            switch (await session.RequestAsync(new Delete(some), cancellationToken).ConfigureAwait(false))
            {
                case Ok:
                    break;
                case ErrorMessage error:
                    throw new SyncException(error.Code, WhatToDo.About(error.Code));
                default:
                    throw new SyncException(ErrorCode.InvalidMessage, "The relay answered with something else.");
            }
        }
    }

    // It ends by being cancelled, or by what the handler threw.
    private static async Task EndOfAsync(Task handling)
    {
        try
        {
            await handling.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // That was asked for.
        }
    }

    // False if it was cancelled by the deadline, or no relay takes part; a failing handler is the caller's to know.
    private static async Task<bool> IsDoneAsync(Task handling, Task wait)
    {
        try
        {
            await (await Task.WhenAny(wait, handling).ConfigureAwait(false)).ConfigureAwait(false);
            return wait.IsCompletedSuccessfully;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SyncException)
        {
            return false;
        }
    }
}

/// <summary>What <see cref="SyncClient.SyncOnceAsync"/> did.</summary>
/// <param name="IsCaughtUp">Everything up to the relay's head was handled, and nothing before it is missing (<see cref="NeedsState"/>).</param>
/// <param name="IsFlushed">Everything pushed is durable at the primary relay.</param>
/// <param name="Handled">How many blobs were handled.</param>
public sealed record SyncOnceResult(bool IsCaughtUp, bool IsFlushed, int Handled)
{
    /// <summary>See <see cref="SyncStatus.NeedsState"/>.</summary>
    public bool NeedsState { get; init; }
}
