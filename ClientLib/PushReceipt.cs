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
    /// <remarks>A refusal does not end it: the blob stays in the outbox, and <see cref="SyncClient.FlushAsync"/> and the events tell. Cancelled when the client is closed first.</remarks>
    public Task<Cursor> Durable { get; }
}
