using ZeroK.Client.Envelopes;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

// The queue between pulling and the app, and its commits. All under the gate.
internal sealed partial class Inbox
{
    private void Add(RelayTrack track, Cursor? movesTo, (OpenedBlob Opened, Cursor Cursor)? blob, Verdict verdict)
    {
        var item = new InboxItem { Track = track, MovesTo = movesTo, Trimmed = track.View.Trimmed, Verdict = verdict };
        if (blob is var (opened, cursor))
        {
            var header = opened.Header;
            item.Blob = new ReceivedBlob(header.Sender, header.Sequence, cursor, DateTimeOffset.FromUnixTimeMilliseconds((long)header.SentAtMs), header.Label, opened.Payload, (_, _) =>
            {
                Acknowledge(item);
                return ValueTask.CompletedTask;
            });
            Wait(item);
            ClientTelemetry.Fetched();
        }

        item.Node = _items.AddLast(item);
        _next ??= item.Node;
        if (movesTo is { } through && through > track.Fetched) track.Fetched = through;
        foreach (var happened in verdict.Events) _events.Publish(happened);
    }

    /// <summary>The next blob, if one has come. For the one who reads.</summary>
    public ReceivedBlob? TryHand()
    {
        lock (_gate)
        {
            while (_next is { } node)
            {
                _next = node.Next;
                if (node.Value.Blob is not { } blob) continue;
                _waitingBytes -= node.Value.WaitingBytes;
                node.Value.WaitingBytes = 0;
                Changed.Pulse();
                return blob;
            }

            return null;
        }
    }

    // A new reader gets again what was handed over and not acknowledged.
    private void Rewind()
    {
        for (var node = _items.First; node is not null && node != _next; node = node.Next) Wait(node.Value);
        _next = _items.First;
    }

    private void Wait(InboxItem item)
    {
        item.WaitingBytes = item.Blob?.Payload.Length ?? 0;
        _waitingBytes += item.WaitingBytes;
    }

    private void CommitSkips()
    {
        LinkedListNode<InboxItem>? last = null;
        for (var node = _items.First; node is not null && node.Value.Blob is null; node = node.Next) last = node;
        if (last is not null) Commit(last);
    }

    // What failed may have happened. A later write must not take it back: it goes along first.
    private void Commit(LinkedListNode<InboxItem> through)
    {
        if (_inDoubt?.List is not null) through = Last(through, _inDoubt);
        while (through.Next is { Value.Blob: null } skip) through = skip;
        var changes = new List<InboundChange>();
        var rows = new Dictionary<RelayTrack, RelayState>();
        for (var node = _items.First!; ; node = node.Next!)
        {
            var item = node.Value;
            changes.AddRange(item.Verdict.Changes);
            var row = rows.GetValueOrDefault(item.Track) ?? item.Track.Row;
            if (item.MovesTo is { } cursor && cursor > row.Received) rows[item.Track] = row with { Received = cursor, Trimmed = item.Trimmed };
            if (node == through) break;
        }

        _inDoubt = through;
        _store.CommitInbound([.. rows.Values], Latest(changes));
        _inDoubt = null;
        foreach (var (track, row) in rows) track.Row = row;
        foreach (var change in changes) Apply(change);
        var after = through.Next;
        var acknowledged = 0;
        while (_items.First is { } first && first != after)
        {
            if (first.Value.Blob is not null) acknowledged++;
            if (first == _next) _next = after;
            _waitingBytes -= first.Value.WaitingBytes;
            _items.RemoveFirst();
        }

        ClientTelemetry.Acknowledged(acknowledged);
    }

    private LinkedListNode<InboxItem> Last(LinkedListNode<InboxItem> one, LinkedListNode<InboxItem> other)
    {
        for (var node = _items.First; node is not null; node = node.Next)
        {
            if (node == one) return other;
            if (node == other) return one;
        }

        return other;
    }

    // Of many steps of one sender only the last is written: a sender's next state holds the one before.
    private static List<InboundChange> Latest(List<InboundChange> changes)
    {
        if (changes.Count < 2) return changes;
        var moved = new HashSet<DeviceId>();
        var seen = new HashSet<(string, DeviceId)>();
        var latest = new List<InboundChange>(changes.Count);
        for (var i = changes.Count - 1; i >= 0; i--)
        {
            if (changes[i] is PeerChanged peer && !moved.Add(peer.Device)) continue;
            if (changes[i] is SeenChanged { State: var s } && !seen.Add((Convert.ToHexString(s.Relay.Span), s.Device))) continue;
            latest.Add(changes[i]);
        }

        latest.Reverse();
        return latest;
    }

    private void Apply(InboundChange change)
    {
        if (change is PeerChanged peer) _vector[peer.Device] = peer.State.Contiguous;
        else if (change is QuarantineAdded { Blob: var added }) _quarantine[KeyOf(added.Relay, added.Cursor, added.Id)] = added with { Envelope = default };
        else if (change is QuarantineRemoved removed) _quarantine.Remove(KeyOf(removed.Relay, removed.Cursor, removed.Id));
    }

    // Another log: its cursors say nothing about what is still to be acknowledged; what was read may come again.
    private void StartOver(RelayTrack track)
    {
        foreach (var item in _items)
            if (item.Track == track) item.MovesTo = null;
        // Another relay may still have what this one lost: then the hole waits for it.
        var verdict = track.View.IsOnly ? _rules.Rebase() : new Verdict();
        track.View.Forget(verdict);
        foreach (var blob in _store.ReadQuarantine())
        {
            if (!blob.Relay.Span.SequenceEqual(track.Row.Id.Span)) continue;
            verdict.Changes.Add(new QuarantineRemoved(blob.Relay, blob.Cursor, blob.Id));
            verdict.Changes.Add(new QuarantineAdded(blob with { Relay = default }));
        }

        Add(track, null, null, verdict);
        track.Row = track.Row with { Received = Cursor.Zero, Trimmed = 0 };
        (track.Fetched, track.AgainThrough) = (Cursor.Zero, Cursor.Zero);
        CommitSkips();
    }

    private sealed class InboxItem
    {
        public Cursor? MovesTo { get; set; }
        public required RelayTrack Track { get; init; }
        public ulong Trimmed { get; init; }
        public required Verdict Verdict { get; init; }
        public ReceivedBlob? Blob { get; set; }
        public int WaitingBytes { get; set; }
        public LinkedListNode<InboxItem>? Node { get; set; }
    }
}
