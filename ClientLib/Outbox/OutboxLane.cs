using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Outbox;

/// <summary>What the outbox knows of one relay. Changed under the outbox's gate only.</summary>
internal sealed class OutboxLane(RelayAddress address)
{
    public RelayAddress Address => address;

    public ReadOnlyMemory<byte> Relay => address.Fingerprint;

    public LaneState State { get; set; }

    /// <summary>A blob was refused there for good; cleared by the next session.</summary>
    public SyncException? Refused { get; set; }

    /// <summary>The relay says that this state is an old copy; cleared by the next session.</summary>
    public bool IsCopyThere { get; set; }

    /// <summary>The relay is not tried any more; cleared when it is.</summary>
    public SyncException? Stopped { get; set; }

    /// <summary>Why nothing goes there.</summary>
    public SyncException? Problem => Stopped ?? Refused ?? (State.IsGivenUp ? GivenUp : null);

    private static SyncException GivenUp { get; } = new(ErrorCode.None, "This relay was away so long that the outbox stopped keeping blobs for it. Other relays have them; to use this one again, make a new device.");

    public void Take(DeliveryState delivery) => State = new LaneState(delivery.Through, delivery.PendingBlobs, delivery.PendingBytes, delivery.IsGivenUp);

    /// <summary>It has acknowledged an entry, the next one.</summary>
    public void Took(OutboxEntry entry)
    {
        // Sent twice and acknowledged twice, or counted when the store was read back: once is enough.
        if (entry.Sequence > State.Delivered) State = State with { Delivered = entry.Sequence, Blobs = State.Blobs - 1, Bytes = State.Bytes - entry.Envelope.Length };
    }
}

/// <summary>Who waits for a blob's acknowledgement.</summary>
internal sealed class OpenReceipt(int lanes, long startedAt)
{
    private readonly Cursor[] _cursors = new Cursor[lanes];

    public TaskCompletionSource<Cursor> Durable { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Note(int lane, Cursor cursor) => _cursors[lane] = cursor;

    /// <summary>When the outbox took the blob, a timestamp of the client's clock.</summary>
    public long StartedAt => startedAt;

    public void Complete(int lane) => Durable.TrySetResult(_cursors[lane]);
}
