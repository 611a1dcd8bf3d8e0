using ZeroK.Wire;

namespace ZeroK.Client.Store;

/// <summary>A device's durable state. Each method is one atomic step: after a crash it has happened as a whole or not at all, and what returned has happened.</summary>
/// <remarks>Calls may come from many threads and are carried out one after the other. Byte arrays handed over are not changed afterwards by either side. A step that can't be made durable throws <see cref="IOException"/>; as a disk may fail between the commit and its report, only <see cref="Load"/> tells whether it happened. Any other exception says that what was handed over can't be stored, and that nothing of it was.</remarks>
internal interface IStateStore : IDisposable
{
    /// <summary>Everything but the bodies of outbox and quarantine.</summary>
    StoredState Load();

    /// <summary>Adds sealed blobs and moves the device's chain to the last of them.</summary>
    /// <param name="entries">In sequence order, the first one after the chain's last.</param>
    /// <param name="lastHash">SHA-256 of the last envelope.</param>
    void Append(IReadOnlyList<OutboxEntry> entries, byte[] lastHash);

    /// <summary>The app's own database has these no more: they can't be taken from it again.</summary>
    void ForgetTaken(IReadOnlyList<BlobId> blobs);

    /// <summary>Notes what a relay has, and removes what no relay is still to get.</summary>
    /// <param name="delivery">The relay's row, whole; its counts are not stored.</param>
    /// <param name="removeThrough">Every sequence up to it leaves the outbox.</param>
    void SaveDelivery(DeliveryState delivery, ulong removeThrough);

    /// <summary>Outbox entries from a sequence on, in order; at least one if there is one, then as many as both limits allow.</summary>
    IReadOnlyList<OutboxEntry> ReadOutbox(ulong from, int blobsMax, long bytesMax);

    /// <summary>What is noted about a relay.</summary>
    void SaveRelay(RelayState relay);

    /// <summary>The app has what came before: moves the read cursor and applies the changes of the version vector, the ahead set and the quarantine with it.</summary>
    /// <param name="relays">The rows of the relays whose cursors move, whole.</param>
    /// <param name="changes">In order.</param>
    void CommitInbound(IReadOnlyList<RelayState> relays, IReadOnlyList<InboundChange> changes);

    /// <summary>What could not be opened, in cursor order.</summary>
    IReadOnlyList<QuarantinedBlob> ReadQuarantine();
}

/// <summary>A sealed blob that waits for a relay's acknowledgement.</summary>
internal sealed record OutboxEntry(ulong Sequence, BlobId Id, ReadOnlyMemory<byte> Envelope)
{
    /// <summary>It comes from the app's own database: its id is noted with it, so that it is taken once.</summary>
    public bool IsTaken { get; init; }
}

/// <summary>Where reading stands with one relay.</summary>
/// <param name="Id">Its fingerprint, 32 bytes.</param>
internal sealed record RelayState(ReadOnlyMemory<byte> Id)
{
    /// <summary>The log that the cursors belong to; empty before the first WELCOME.</summary>
    public ReadOnlyMemory<byte> LogId { get; init; }

    /// <summary>The app has everything up to here (or it is in quarantine).</summary>
    public Cursor Received { get; init; }

    /// <summary>The highest head that the relay ever told.</summary>
    public Cursor Head { get; init; }

    /// <summary>The head at the first WELCOME: what is older may have been forgotten before this device joined.</summary>
    public Cursor JoinedAt { get; init; }

    /// <summary>Cursors that left the log before they were read and did not expire: own blobs that all others have, or blobs that their senders deleted. Counts down as holes in senders' sequences are explained by it.</summary>
    public ulong Trimmed { get; init; }

    /// <summary>By its last WELCOME it has a blob of this device up to this sequence that this state doesn't know: the state is a copy. 0: it hasn't.</summary>
    public ulong Foreign { get; init; }
}

/// <summary>How far the outbox was delivered to one relay.</summary>
/// <param name="Relay">Its fingerprint, 32 bytes.</param>
/// <param name="Through">It has acknowledged every sequence up to here.</param>
/// <param name="IsGivenUp">Too much waited for it: the outbox keeps nothing for it any more.</param>
internal sealed record DeliveryState(ReadOnlyMemory<byte> Relay, ulong Through, bool IsGivenUp)
{
    /// <summary>Blobs in the outbox after <see cref="Through"/>.</summary>
    public long PendingBlobs { get; init; }

    /// <summary>Their bytes.</summary>
    public long PendingBytes { get; init; }
}

/// <summary>The highest sequence of a device that one relay showed.</summary>
internal sealed record SeenState(ReadOnlyMemory<byte> Relay, DeviceId Device, ulong Sequence);

/// <summary>What is known of another device's blobs.</summary>
/// <param name="Contiguous">This device has every sequence up to here.</param>
/// <param name="LastHash">SHA-256 of the envelope of <paramref name="Contiguous"/>; empty if not known.</param>
/// <param name="Rebase">Blobs of it may be gone for good (expired, relay reset): the next new one may skip sequences.</param>
internal sealed record PeerState(ulong Contiguous, ReadOnlyMemory<byte> LastHash, bool Rebase);

/// <summary>A sequence that this device has though an earlier one is missing.</summary>
internal sealed record AheadState(DeviceId Sender, ulong Sequence, ReadOnlyMemory<byte> Hash, ReadOnlyMemory<byte> Previous);

/// <summary>A blob that could not be opened. Beyond a bound only its hash is kept: then <paramref name="Envelope"/> is empty.</summary>
internal sealed record QuarantinedBlob(ReadOnlyMemory<byte> Relay, Cursor Cursor, BlobId Id, DeviceId Sender, ulong Sequence, UndecryptableReason Reason, ReadOnlyMemory<byte> Envelope)
{
    /// <summary>SHA-256 of the envelope, where only that is kept; else empty.</summary>
    public ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>The bytes of the envelope that are kept.</summary>
    public long Bytes { get; init; } = Envelope.Length;

    /// <summary>It holds back what the relay is told: the relay's log still has its place.</summary>
    public bool Holds { get; init; } = true;
}

/// <summary>What <see cref="IStateStore.Load"/> gives.</summary>
internal sealed record StoredState
{
    /// <summary>The device's last sequence; 0 for none.</summary>
    public ulong LastSequence { get; init; }

    /// <summary>SHA-256 of its envelope; zeros for none.</summary>
    public byte[] LastHash { get; init; } = new byte[32];

    /// <summary>Blobs in the outbox, and their bytes.</summary>
    public long OutboxBlobs { get; init; }

    /// <summary>See <see cref="OutboxBlobs"/>.</summary>
    public long OutboxBytes { get; init; }

    /// <summary>The first sequence in the outbox; 0 for none.</summary>
    public ulong OutboxFirst { get; init; }

    /// <summary>What was taken from the app's own database and may be there still.</summary>
    public IReadOnlyList<BlobId> Taken { get; init; } = [];

    /// <summary>What the group pushed before this cursor, or has lost since, this device needs from another one; zero if it has it all.</summary>
    public Cursor NeedsState { get; init; }

    public IReadOnlyList<RelayState> Relays { get; init; } = [];

    public IReadOnlyList<DeliveryState> Deliveries { get; init; } = [];

    public IReadOnlyList<SeenState> Seen { get; init; } = [];

    public IReadOnlyDictionary<DeviceId, PeerState> Peers { get; init; } = new Dictionary<DeviceId, PeerState>();

    public IReadOnlyList<AheadState> Ahead { get; init; } = [];

    /// <summary>Without envelopes.</summary>
    public IReadOnlyList<QuarantinedBlob> Quarantine { get; init; } = [];

    /// <summary>How far the outbox went to a relay. One without a row gets what is in the outbox now: what left it before is not for it.</summary>
    public DeliveryState Delivery(ReadOnlyMemory<byte> relay)
    {
        var gone = OutboxFirst == 0 ? LastSequence : OutboxFirst - 1;
        var row = Deliveries.FirstOrDefault(d => d.Relay.Span.SequenceEqual(relay.Span));
        if (row is null) return new DeliveryState(relay, gone, IsGivenUp: false) { PendingBlobs = OutboxBlobs, PendingBytes = OutboxBytes };
        return row.Through < gone ? row with { Through = gone } : row;
    }

    public RelayState Relay(ReadOnlyMemory<byte> id) => Relays.FirstOrDefault(r => r.Id.Span.SequenceEqual(id.Span)) ?? new RelayState(id);

    /// <summary>The device's own sequences and what it has of others.</summary>
    public VersionVector Vector(DeviceId self) => new(Peers.Select(p => KeyValuePair.Create(p.Key, p.Value.Contiguous)).Append(KeyValuePair.Create(self, LastSequence)));
}

/// <summary>One change of what is known about others' blobs.</summary>
internal abstract record InboundChange;

/// <summary>A peer moved; what was ahead up to its contiguous sequence is in it.</summary>
internal sealed record PeerChanged(DeviceId Device, PeerState State) : InboundChange;

/// <summary>A relay showed a later sequence of a device than before.</summary>
internal sealed record SeenChanged(SeenState State) : InboundChange;

/// <summary>A sequence beyond a hole.</summary>
internal sealed record AheadAdded(AheadState State) : InboundChange;

/// <summary>A blob that could not be opened.</summary>
internal sealed record QuarantineAdded(QuarantinedBlob Blob) : InboundChange;

/// <summary>Something will never come: the device needs the app's state from another one. Zero: the app has it.</summary>
internal sealed record StateNeeded(Cursor Before) : InboundChange;

/// <summary>The relay's log has it no more, or is another log: it is kept, and holds back nothing any more.</summary>
internal sealed record QuarantineReleased(ReadOnlyMemory<byte> Relay, Cursor Cursor, BlobId Id) : InboundChange;

/// <summary>It was opened after all, or given up.</summary>
internal sealed record QuarantineRemoved(ReadOnlyMemory<byte> Relay, Cursor Cursor, BlobId Id) : InboundChange;
