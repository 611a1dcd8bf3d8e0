using System.Data.Common;
using ZeroK.Client.Outbox;
using ZeroK.Client.Sync;
using ZeroK.Wire;

namespace ZeroK.Client;

// Pushing together with what the app writes into its own database: the mirror of ApplyAsync.
public sealed partial class SyncClient
{
    private const int TakeRowsMax = 256;
    private const long TakeBytesMax = 4 * 1024 * 1024;

    private static readonly TimeSpan LookFirst = TimeSpan.FromMilliseconds(5), LookMax = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _taking = new(1, 1);
    private readonly Signal _appPushes = new();
    private long _lastPosition;

    /// <summary>Makes the table <c>zerok_outbox</c> in the app's database, where it is missing: once, before the first push with a transaction.</summary>
    /// <param name="database">An open connection. SQLite, PostgreSQL and MySQL are known; for another one make the table: position (64-bit, primary key), id and label (text), payload (bytes up to 1 MiB).</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task PrepareOutboxAsync(DbConnection database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        return AppOutbox.PrepareAsync(database, cancellationToken);
    }

    /// <summary>Pushes a blob in the app's own transaction: it is sent if that commits, and only then, also over a kill at any moment. It lies in the app's database (unsealed, as the app's own rows do) until <see cref="RunOutboxAsync"/> or <see cref="TakeOutboxAsync"/> moves it into the device's outbox, exactly once.</summary>
    /// <param name="payload">0 bytes to 1 MiB.</param>
    /// <param name="label">As for <see cref="PushAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/>.</param>
    /// <param name="transaction">The app's transaction. <see cref="PrepareOutboxAsync"/> must have made the table before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The id that the blob will have.</returns>
    /// <exception cref="ArgumentException">The payload or the label is too large, or the transaction is over.</exception>
    public async ValueTask<BlobId> PushAsync(ReadOnlyMemory<byte> payload, string? label, DbTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        DurableOutbox.Check(payload, label);
        var row = new AppPush(NextPosition(), BlobId.New(), string.IsNullOrEmpty(label) ? null : label, payload);
        GoOnAfter(await AppOutbox.AddAsync(transaction, row, cancellationToken).ConfigureAwait(false));
        _appPushes.Pulse();
        return row.Id;
    }

    /// <summary>Moves what was committed to <c>zerok_outbox</c> into the device's outbox, once: for an app that is about to be suspended. <see cref="FlushAsync"/> then waits for it as for any push.</summary>
    /// <param name="database">An open connection to the app's database, used by nobody else meanwhile.</param>
    /// <param name="cancellationToken">Gives up; what was moved stays moved.</param>
    /// <returns>How many blobs were moved.</returns>
    /// <exception cref="SyncException">The outbox can't be written, or the client is being closed; the rows stay where they are.</exception>
    public async Task<int> TakeOutboxAsync(DbConnection database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await _taking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var moved = 0;
            while (await AppOutbox.ReadAsync(database, TakeRowsMax, TakeBytesMax, cancellationToken).ConfigureAwait(false) is { Count: > 0 } rows)
            {
                // Those that are noted were moved before a crash: they need only be removed.
                var fresh = rows.Where(r => !_parts.Outbox.HasTaken(r.Id)).Select(r => new DurableOutbox.Waiting(r.Payload, r.Label) { Taken = r.Id }).ToList();
                await _parts.Outbox.TakeAsync(fresh, cancellationToken).ConfigureAwait(false);
                await AppOutbox.RemoveAsync(database, rows, cancellationToken).ConfigureAwait(false);
                _parts.Outbox.ForgetTaken([.. rows.Select(r => r.Id)]);
                moved += fresh.Count;
            }

            return moved;
        }
        finally
        {
            _taking.Release();
        }
    }

    /// <summary>Moves what the app pushes in its own transactions into the device's outbox, soon after each commit (looking every second besides). Runs until cancelled or closed.</summary>
    /// <param name="database">An open connection to the app's database, used by nobody else meanwhile: not the one whose transactions push.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SyncException">The outbox can't be written; the rows stay, and the next call goes on.</exception>
    public async Task RunOutboxAsync(DbConnection database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await AppOutbox.PrepareAsync(database, cancellationToken).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token, cancellationToken);
        var wait = LookFirst;
        while (!_closed.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var pushed = _appPushes.Next;
            var moved = await TakeOutboxAsync(database, cancellationToken).ConfigureAwait(false);

            // A push is told before its transaction commits: it is looked for soon, then ever more seldom.
            wait = moved > 0 ? LookFirst : wait * 2 < LookMax ? wait * 2 : LookMax;
            await pushed.WaitAsync(wait, _options.Time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (pushed.IsCompleted) wait = LookFirst;
        }
    }

    // Rises over all threads of this process; the table's own highest is asked besides.
    private long NextPosition()
    {
        while (true)
        {
            var last = Volatile.Read(ref _lastPosition);
            var next = Math.Max(last + 1, _options.Time.GetUtcNow().UtcTicks);
            if (Interlocked.CompareExchange(ref _lastPosition, next, last) == last) return next;
        }
    }

    private void GoOnAfter(long position)
    {
        while (Volatile.Read(ref _lastPosition) is var last && last < position && Interlocked.CompareExchange(ref _lastPosition, position, last) != last)
        {
            // Another push was faster: look again.
        }
    }
}
