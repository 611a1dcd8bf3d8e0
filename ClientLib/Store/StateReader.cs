using ZeroK.Wire;

namespace ZeroK.Client.Store;

/// <summary>The status that state.db tells without a connection.</summary>
internal static class StateReader
{
    public static SyncStatus ReadStatus(Device device)
    {
        var path = DeviceFiles.State(device.Directory);
        if (device.Group is not { } group) return new SyncStatus();
        if (!File.Exists(path)) return new SyncStatus { Relay = group.Relays[0] };
        using var store = new SqliteStateStore(path);
        return From(store.Load(), device.Id, [.. group.Relays.DistinctBy(r => Convert.ToHexString(r.Fingerprint.Span))]);
    }

    public static SyncStatus From(StoredState state, DeviceId self, IReadOnlyList<RelayAddress> addresses)
    {
        IReadOnlyList<RelayStatus> relays = [.. addresses.Select((a, i) => Of(state, a, i == 0))];
        var furthest = relays.MaxBy(r => r.DeliveredSequence)!;
        return new SyncStatus
        {
            Relay = relays[0].Address,
            Relays = relays,
            PendingBlobs = furthest.PendingBlobs,
            PendingBytes = furthest.PendingBytes,
            LastSequence = state.LastSequence,
            DurableSequence = furthest.DeliveredSequence,
            Head = relays[0].Head,
            Received = relays[0].Received,
            Acked = relays[0].Acked,
            Undecryptable = state.Quarantine.Count,
            Vector = state.Vector(self),
        };
    }

    private static RelayStatus Of(StoredState state, RelayAddress address, bool isPrimary)
    {
        var (row, delivery) = (state.Relay(address.Fingerprint), state.Delivery(address.Fingerprint));
        return new RelayStatus
        {
            Address = address,
            IsPrimary = isPrimary,
            DeliveredSequence = delivery.Through,
            PendingBlobs = delivery.PendingBlobs,
            PendingBytes = delivery.PendingBytes,
            Head = row.Head,
            Received = row.Received,
            Acked = AckOf(row, state.Quarantine),
            Problem = delivery.IsGivenUp ? "This relay was away so long that the outbox keeps nothing for it any more." : null,
        };
    }

    /// <summary>What the relay may be told: everything that the app has, but nothing from the first blob on that could not be opened.</summary>
    public static Cursor AckOf(RelayState relay, IEnumerable<QuarantinedBlob> quarantine)
    {
        var first = quarantine.Where(q => q.Relay.Span.SequenceEqual(relay.Id.Span)).Select(q => q.Cursor.Value).DefaultIfEmpty(ulong.MaxValue).Min();
        return first <= relay.Received.Value ? new Cursor(first - 1) : relay.Received;
    }
}
