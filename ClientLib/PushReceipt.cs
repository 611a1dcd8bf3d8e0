using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>The outbox has the blob.</summary>
public sealed class PushReceipt
{
    internal PushReceipt(ulong sequence, BlobId blobId, Task<Cursor> durable)
    {
        Sequence = sequence;
        BlobId = blobId;
        Durable = durable;
    }

    /// <summary>This device's sequence for it: 1 for the first.</summary>
    public ulong Sequence { get; }

    /// <summary>The blob's id.</summary>
    public BlobId BlobId { get; }

    /// <summary>Completes when the relay has acknowledged the blob as durable, with its cursor (0 if all other devices had it before this acknowledgement came).</summary>
    /// <remarks>
    /// Fails with a <see cref="SyncException"/> that names the code when the relay refuses this blob, or one before it, for good; a passing refusal is retried and does not end it.
    /// The blob stays in the outbox even so, and is tried again in the next session: the status and <see cref="SyncClient.FlushAsync"/> tell. Cancelled when the client is closed first.
    /// A refusal of the whole device or group (see <see cref="SyncStatus.State"/>) is none of the blob.
    /// </remarks>
    public Task<Cursor> Durable { get; }
}
