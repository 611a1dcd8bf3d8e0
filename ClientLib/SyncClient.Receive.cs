using System.Data.Common;
using System.Runtime.CompilerServices;
using ZeroK.Client.Sync;
using ZeroK.Wire;

namespace ZeroK.Client;

// The ways to receive.
public sealed partial class SyncClient
{
    /// <summary>What other devices pushed, in the group's order. Waits for more until cancelled or closed. A blob is handed over until it was acknowledged by <see cref="ReceivedBlob.AckAsync"/>; a new call begins with the first that was not.</summary>
    /// <exception cref="InvalidOperationException">Another call is reading.</exception>
    public IAsyncEnumerable<ReceivedBlob> ReceiveAsync(CancellationToken cancellationToken = default) => _parts.Inbox.ReceiveAsync(_closed.Token, cancellationToken);

    /// <summary>As <see cref="ReceiveAsync"/>, several at once: what has come, at most <paramref name="blobsMax"/>. Acknowledging the last acknowledges all, with one write to the disk.</summary>
    /// <param name="blobsMax">1 to 10,000.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">Another call is reading.</exception>
    public IAsyncEnumerable<IReadOnlyList<ReceivedBlob>> ReceiveBatchesAsync(int blobsMax, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blobsMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blobsMax, 10_000);
        return BatchesAsync(blobsMax, cancellationToken);
    }

    /// <summary>Calls <paramref name="handle"/> for each blob, one after the other, and acknowledges it when the call has completed. Runs until cancelled or closed.</summary>
    /// <param name="handle">When it completes, the app must have the blob on stable storage. If it throws, the blob is not acknowledged and comes again with the next call.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <remarks>At least once: killed between the handler's own commit and the acknowledgement, the app gets the blob again, under the same (Sender, Sequence). <see cref="ApplyAsync"/> is exactly once.</remarks>
    /// <exception cref="InvalidOperationException">Another call is reading.</exception>
    public async Task HandleAsync(Func<ReceivedBlob, CancellationToken, ValueTask> handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        await foreach (var blob in ReceiveAsync(cancellationToken).ConfigureAwait(false))
        {
            await handle(blob, cancellationToken).ConfigureAwait(false);
            await blob.AckAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Applies each blob to the app's own database, exactly once, also over a kill at any moment: what the app writes and the mark that the blob is applied are one transaction of that database. Runs until cancelled or closed.</summary>
    /// <param name="database">An open connection to the app's database, used by nobody else meanwhile. It gets the table <c>zerok_applied</c>: marks of blobs whose acknowledgement this device has not yet noted, a few rows.</param>
    /// <param name="apply">Writes what the blob means, by commands with the transaction; doesn't commit it. If it throws, the transaction is rolled back, nothing in it is acknowledged, and the exception ends this call; the blobs come again with the next one.</param>
    /// <param name="blobsMax">At most so many blobs in one transaction: 1 to 10,000. More are faster; those that have come are taken, none is waited for.</param>
    /// <param name="cancellationToken">Ends it between two transactions.</param>
    /// <remarks>The connection's own settings decide what a commit survives: for SQLite, use <c>synchronous=FULL</c>.</remarks>
    /// <exception cref="InvalidOperationException">Another call is reading.</exception>
    public async Task ApplyAsync(DbConnection database, Func<ReceivedBlob, DbTransaction, CancellationToken, ValueTask> apply, int blobsMax = 64, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(apply);
        var marks = new AppliedMarks(database);
        await marks.PrepareAsync(_parts.Inbox.Vector.ToDictionary(), cancellationToken).ConfigureAwait(false);
        await foreach (var blobs in ReceiveBatchesAsync(blobsMax, cancellationToken).ConfigureAwait(false))
        {
            var transaction = await database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                foreach (var blob in blobs)
                {
                    if (await marks.HasAsync(transaction, blob, cancellationToken).ConfigureAwait(false)) continue;
                    await apply(blob, transaction, cancellationToken).ConfigureAwait(false);
                    await marks.AddAsync(transaction, blob, cancellationToken).ConfigureAwait(false);
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }

            await blobs[^1].AckAsync(CancellationToken.None).ConfigureAwait(false);
            marks.Acknowledged(blobs);
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<ReceivedBlob>> BatchesAsync(int blobsMax, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<ReceivedBlob>();
        await foreach (var blob in ReceiveAsync(cancellationToken).ConfigureAwait(false))
        {
            batch.Add(blob);
            while (batch.Count < blobsMax && _parts.Inbox.TryHand() is { } more) batch.Add(more);
            yield return batch;
            batch = [];
        }
    }

    /// <summary>Reads the logs of all relays again from their beginning: for holes (<see cref="Omission"/>), or when this device's version vector differs from another's for good. What this device lacks and a relay has is handed over; what it has is not handed over again; what no relay keeps any more is reported (<see cref="Missed"/>, <see cref="MissedReason.NotKept"/>), and the version vector goes on behind it.</summary>
    /// <param name="cancellationToken">Gives up waiting; the reading goes on.</param>
    /// <returns>When all relays were read: one that can't be reached is waited for.</returns>
    public Task ReadAgainAsync(CancellationToken cancellationToken = default) => _parts.Inbox.ReadAgainAsync(cancellationToken);

    /// <summary>The app has the group's state, from another device or a copy: <see cref="SyncStatus.NeedsState"/> ends. Durable when it completes.</summary>
    /// <exception cref="SyncException">It could not be noted; nothing has changed.</exception>
    public Task ConfirmStateAsync(CancellationToken cancellationToken = default) => Task.Run(
        () =>
        {
            try
            {
                _parts.Inbox.StateTaken();
            }
            catch (IOException e)
            {
                throw new SyncException(ErrorCode.None, e.Message, e);
            }
        },
        cancellationToken);

    /// <summary>Takes back that this device has blobs of a sender: for chaos runs.</summary>
    /// <returns>False while something is still to be acknowledged.</returns>
    internal bool SetBack(DeviceId sender, ulong contiguous) => _parts.Inbox.SetBack(sender, contiguous);
}
