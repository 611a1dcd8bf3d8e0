using ZeroK.Wire;

namespace ZeroK.Client.Store;

/// <summary>The status that state.db tells without a connection.</summary>
internal static class StateReader
{
    public static SyncStatus ReadStatus(Device device)
    {
        var path = DeviceFiles.State(device.Directory);
        var relay = device.Group?.Relays[0];
        if (!File.Exists(path) || relay is null) return new SyncStatus { Relay = relay };
        using var store = new SqliteStateStore(path);
        return From(store.Load(), device.Id, relay);
    }

    public static SyncStatus From(StoredState state, DeviceId self, RelayAddress relay)
    {
        var row = state.Relay(relay.Fingerprint);
        return new SyncStatus
        {
            Relay = relay,
            PendingBlobs = state.OutboxBlobs,
            PendingBytes = state.OutboxBytes,
            LastSequence = state.LastSequence,
            DurableSequence = state.OutboxFirst == 0 ? state.LastSequence : state.OutboxFirst - 1,
            Head = row.Head,
            Received = row.Received,
            Acked = AckOf(row, state.Quarantine),
            Undecryptable = state.Quarantine.Count,
            Vector = state.Vector(self),
        };
    }

    /// <summary>What the relay may be told: everything that the app has, but nothing from the first blob on that could not be opened.</summary>
    public static Cursor AckOf(RelayState relay, IEnumerable<QuarantinedBlob> quarantine)
    {
        var first = quarantine.Where(q => q.Relay.Span.SequenceEqual(relay.Id.Span)).Select(q => q.Cursor.Value).DefaultIfEmpty(ulong.MaxValue).Min();
        return first <= relay.Received.Value ? new Cursor(first - 1) : relay.Received;
    }
}
