using ZeroK.Wire;

namespace ZeroK.Client.Outbox;

// Blobs that the app wrote into its own database first. Their ids are noted in the step that puts them into the outbox, until the app's database has them no more: a crash between the two takes none twice.
internal sealed partial class DurableOutbox
{
    private HashSet<BlobId> _taken = [];

    /// <summary>Whether it was put into the outbox already.</summary>
    public bool HasTaken(BlobId blob)
    {
        lock (_gate) return _taken.Contains(blob);
    }

    /// <summary>Puts blobs into the outbox, in order, and waits until they are durable there.</summary>
    public async Task TakeAsync(IReadOnlyList<Waiting> blobs, CancellationToken cancellationToken)
    {
        foreach (var blob in blobs)
        {
            await RoomAsync(cancellationToken).ConfigureAwait(false);
            await EnqueueAsync(blob, cancellationToken).ConfigureAwait(false);
        }

        foreach (var blob in blobs) await blob.Done.Task.ConfigureAwait(false);
    }

    /// <summary>The app's database has these no more.</summary>
    public void ForgetTaken(IReadOnlyList<BlobId> blobs)
    {
        lock (_storing)
        {
            _store.ForgetTaken(blobs);
            lock (_gate) _taken.ExceptWith(blobs);
        }
    }
}
