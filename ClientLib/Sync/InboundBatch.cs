using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>What one transaction writes for some items of the queue. Pure.</summary>
/// <param name="Rows">The rows of the relays whose cursors move.</param>
/// <param name="Changes">In order.</param>
internal sealed record InboundBatch(IReadOnlyDictionary<RelayTrack, RelayState> Rows, List<InboundChange> Changes)
{
    /// <summary>A list of changes is made smaller each time that it has grown by so many.</summary>
    public const int CompactEvery = 1024;

    /// <summary>Everything from one item to another.</summary>
    public static InboundBatch Of(LinkedListNode<InboxItem> first, LinkedListNode<InboxItem> through)
    {
        var changes = new List<InboundChange>();
        var rows = new Dictionary<RelayTrack, RelayState>();
        for (var node = first; ; node = node.Next!)
        {
            var item = node.Value;
            foreach (var change in item.Verdict.Changes)
            {
                changes.Add(change);

                // Its place left the log while it waited here.
                if (change is QuarantineAdded { Blob: var kept } && kept.Holds && kept.Cursor < item.Track.LogStart) changes.Add(Quarantine.ReleaseOf(kept));
            }

            var row = rows.GetValueOrDefault(item.Track) ?? item.Track.Row;
            if (item.MovesTo is { } cursor && cursor > row.Received) rows[item.Track] = row with { Received = cursor, Trimmed = item.Trimmed };
            if (node == through) break;
        }

        Compact(changes);
        return new InboundBatch(rows, changes);
    }

    /// <summary>Of many steps of one sender only the last is kept: a sender's next state holds the one before.</summary>
    public static void Compact(List<InboundChange> changes)
    {
        if (changes.Count < 2) return;
        var moved = new HashSet<DeviceId>();
        var seen = new HashSet<(string, DeviceId)>();
        for (var i = changes.Count - 1; i >= 0; i--)
        {
            var isOld = (changes[i] is PeerChanged peer && !moved.Add(peer.Device)) || (changes[i] is SeenChanged { State: var s } && !seen.Add((Convert.ToHexString(s.Relay.Span), s.Device)));
            if (isOld) changes[i] = null!;
        }

        changes.RemoveAll(c => c is null);
    }
}
