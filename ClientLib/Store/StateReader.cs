using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
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
        return From(store.Load(), device.Id, [.. Session.RelayWays.Of(group.Relays).Select(r => r.Address)]);
    }

    /// <summary>What is in the outbox, opened.</summary>
    public static IEnumerable<QueuedBlob> ReadOutbox(Device device)
    {
        var path = DeviceFiles.State(device.Directory);
        if (!File.Exists(path)) yield break;
        var content = device.Content;
        using var keys = new KeyRing(content.Secret!, content.Epoch);
        using var store = new SqliteStateStore(path);
        foreach (var blob in ReadOutbox(store, keys, content.Group, device.Id)) yield return blob;
    }

    public static IEnumerable<QueuedBlob> ReadOutbox(IStateStore store, KeyRing keys, GroupId group, DeviceId self)
    {
        const int PageBlobs = 256, PageBytes = 8 * 1024 * 1024;
        ulong from = 1;
        while (store.ReadOutbox(from, PageBlobs, PageBytes) is { Count: > 0 } entries)
        {
            foreach (var entry in entries)
            {
                if (Envelope.TryOpen(keys, group, self, entry.Id, entry.Envelope.Span, out var opened) != UndecryptableReason.None) throw new DeviceException(DeviceProblem.Damaged, $"Blob {entry.Sequence} of the outbox can't be opened with this device's keys.");
                yield return new QueuedBlob(entry.Sequence, entry.Id, opened.Header.SentAt, opened.Header.Label, opened.Payload);
            }

            from = entries[^1].Sequence + 1;
        }
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
            IsCopy = state.Relays.Any(r => r.Foreign > 0),
            Undecryptable = state.Quarantine.Count,
            NeedsState = state.NeedsState > Cursor.Zero,
            OpenProblems = [.. Problems(state)],
            Vector = state.Vector(self),
        };
    }

    private static IEnumerable<string> Problems(StoredState state)
    {
        if (state.Relays.Any(r => r.Foreign > 0)) yield return Session.WhatToDo.Copied;
        if (state.NeedsState > Cursor.Zero) yield return SyncClient.NeedsStateText;
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

    /// <summary>What the relay may be told: everything that the app has, but nothing from the first blob on that could not be opened and that its log still has.</summary>
    public static Cursor AckOf(RelayState relay, IEnumerable<QuarantinedBlob> quarantine)
    {
        var first = quarantine.Where(q => q.Holds && q.Relay.Span.SequenceEqual(relay.Id.Span)).Select(q => q.Cursor.Value).DefaultIfEmpty(ulong.MaxValue).Min();
        return first <= relay.Received.Value ? new Cursor(first - 1) : relay.Received;
    }
}
