using ZeroK.Wire;

namespace ZeroK.Client.Store;

/// <summary>The in-memory twin of <see cref="SqliteStateStore"/>, for tests and simulations.</summary>
internal sealed class MemoryStateStore : IStateStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, OutboxEntry> _outbox = [];
    private readonly Dictionary<string, RelayState> _relays = [];
    private readonly Dictionary<DeviceId, PeerState> _peers = [];
    private readonly SortedDictionary<(DeviceId, ulong), AheadState> _ahead = [];
    private readonly SortedDictionary<(string, ulong, string), QuarantinedBlob> _quarantine = [];
    private readonly Dictionary<string, DeliveryState> _deliveries = [];
    private readonly Dictionary<(string, DeviceId), SeenState> _seen = [];
    private readonly HashSet<BlobId> _taken = [];
    private Cursor _needsState;
    private ulong _lastSequence;
    private byte[] _lastHash = new byte[32];

    /// <inheritdoc/>
    public StoredState Load()
    {
        lock (_gate)
        {
            return new StoredState
            {
                LastSequence = _lastSequence,
                LastHash = _lastHash,
                OutboxBlobs = _outbox.Count,
                OutboxBytes = _outbox.Values.Sum(e => (long)e.Envelope.Length),
                OutboxFirst = _outbox.Keys.FirstOrDefault(),
                Taken = [.. _taken],
                NeedsState = _needsState,
                Relays = [.. _relays.Values],
                Deliveries = [.. _deliveries.Values.Select(Counted)],
                Seen = [.. _seen.Values],
                Peers = _peers.ToDictionary(),
                Ahead = [.. _ahead.Values],
                Quarantine = [.. _quarantine.Values.Select(q => q with { Envelope = default })],
            };
        }
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyList<OutboxEntry> entries, byte[] lastHash)
    {
        lock (_gate)
        {
            foreach (var entry in entries)
            {
                _outbox.Add(entry.Sequence, entry);
                if (entry.IsTaken) _taken.Add(entry.Id);
            }

            _lastSequence = entries[^1].Sequence;
            _lastHash = lastHash;
        }
    }

    /// <inheritdoc/>
    public void ForgetTaken(IReadOnlyList<BlobId> blobs)
    {
        lock (_gate) _taken.ExceptWith(blobs);
    }

    /// <inheritdoc/>
    public void SaveDelivery(DeliveryState delivery, ulong removeThrough)
    {
        lock (_gate)
        {
            _deliveries[Convert.ToHexString(delivery.Relay.Span)] = delivery;
            foreach (var sequence in _outbox.Keys.TakeWhile(s => s <= removeThrough).ToList()) _outbox.Remove(sequence);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<OutboxEntry> ReadOutbox(ulong from, int blobsMax, long bytesMax)
    {
        lock (_gate)
        {
            var entries = new List<OutboxEntry>();
            foreach (var entry in _outbox.Values.SkipWhile(e => e.Sequence < from).Take(blobsMax))
            {
                bytesMax -= entry.Envelope.Length;
                if (entries.Count > 0 && bytesMax < 0) break;
                entries.Add(entry);
            }

            return entries;
        }
    }

    /// <inheritdoc/>
    public void SaveRelay(RelayState relay)
    {
        lock (_gate) _relays[Convert.ToHexString(relay.Id.Span)] = relay;
    }

    /// <inheritdoc/>
    public void CommitInbound(IReadOnlyList<RelayState> relays, IReadOnlyList<InboundChange> changes)
    {
        lock (_gate)
        {
            foreach (var relay in relays) _relays[Convert.ToHexString(relay.Id.Span)] = relay;
            foreach (var change in changes) Apply(change);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<QuarantinedBlob> ReadQuarantine()
    {
        lock (_gate) return [.. _quarantine.Values];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held: the same instance can stand for a reopened file.
    }

    private DeliveryState Counted(DeliveryState delivery)
    {
        var pending = _outbox.Values.SkipWhile(e => e.Sequence <= delivery.Through).ToList();
        return delivery with { PendingBlobs = pending.Count, PendingBytes = pending.Sum(e => (long)e.Envelope.Length) };
    }

    private void Apply(InboundChange change)
    {
        switch (change)
        {
            case PeerChanged peer:
                _peers[peer.Device] = peer.State;
                foreach (var key in _ahead.Keys.Where(k => k.Item1 == peer.Device && k.Item2 <= peer.State.Contiguous).ToList()) _ahead.Remove(key);
                break;
            case SeenChanged { State: var seen }:
                _seen[(Convert.ToHexString(seen.Relay.Span), seen.Device)] = seen;
                break;
            case AheadAdded { State: var ahead }:
                _ahead[(ahead.Sender, ahead.Sequence)] = ahead;
                break;
            case QuarantineAdded { Blob: var q }:
                _quarantine[(Convert.ToHexString(q.Relay.Span), q.Cursor.Value, q.Id.Reveal())] = q;
                break;
            case QuarantineReleased released:
                var place = (Convert.ToHexString(released.Relay.Span), released.Cursor.Value, released.Id.Reveal());
                if (_quarantine.TryGetValue(place, out var held)) _quarantine[place] = held with { Holds = false };
                break;
            case StateNeeded needed:
                _needsState = needed.Before;
                break;
            case QuarantineRemoved removed:
                _quarantine.Remove((Convert.ToHexString(removed.Relay.Span), removed.Cursor.Value, removed.Id.Reveal()));
                break;
            default:
                throw new InvalidOperationException($"No row for {change.GetType().Name}.");
        }
    }
}
