using ZeroK.Client.Envelopes;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

// The queue between pulling and the app, and its commits. All under the gate.
internal sealed partial class Inbox
{
    private void Add(Cursor? movesTo, (OpenedBlob Opened, Cursor Cursor)? blob, Verdict verdict)
    {
        var item = new InboxItem { MovesTo = movesTo, Verdict = verdict };
        if (blob is var (opened, cursor))
        {
            var header = opened.Header;
            item.Blob = new ReceivedBlob(header.Sender, header.Sequence, cursor, DateTimeOffset.FromUnixTimeMilliseconds((long)header.SentAtMs), header.Label, opened.Payload, (_, _) =>
            {
                Acknowledge(item);
                return ValueTask.CompletedTask;
            });
            Wait(item);
        }

        item.Node = _items.AddLast(item);
        _next ??= item.Node;
        if (movesTo is { } through && through > Fetched) Fetched = through;
        foreach (var happened in verdict.Events) _events.Publish(happened);
    }

    private ReceivedBlob? Hand()
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

    private void Commit(LinkedListNode<InboxItem> through)
    {
        while (through.Next is { Value.Blob: null } skip) through = skip;
        var changes = new List<InboundChange>();
        var relay = _relay;
        for (var node = _items.First!; ; node = node.Next!)
        {
            changes.AddRange(node.Value.Verdict.Changes);
            if (node.Value.MovesTo is { } cursor && cursor > relay.Received) relay = relay with { Received = cursor };
            if (node == through) break;
        }

        _store.CommitInbound(relay, changes);
        _relay = relay;
        foreach (var change in changes) Apply(change);
        var after = through.Next;
        while (_items.First is { } first && first != after)
        {
            if (first == _next) _next = after;
            _waitingBytes -= first.Value.WaitingBytes;
            _items.RemoveFirst();
        }
    }

    private void Apply(InboundChange change)
    {
        if (change is PeerChanged peer) _vector[peer.Device] = peer.State.Contiguous;
        else if (change is QuarantineAdded { Blob: var added }) _quarantine[(added.Cursor, added.Id)] = added with { Envelope = default };
        else if (change is QuarantineRemoved removed) _quarantine.Remove((removed.Cursor, removed.Id));
    }

    // Another log: its cursors say nothing about what is still to be acknowledged; what was read may come again.
    private void StartOver()
    {
        foreach (var item in _items) item.MovesTo = null;
        var verdict = _rules.Rebase();
        foreach (var blob in _store.ReadQuarantine())
        {
            verdict.Changes.Add(new QuarantineRemoved(blob.Relay, blob.Cursor, blob.Id));
            verdict.Changes.Add(new QuarantineAdded(blob with { Relay = default }));
        }

        Add(null, null, verdict);
        _relay = _relay with { Received = Cursor.Zero };
        Fetched = Cursor.Zero;
        _historyCut = true;
        CommitSkips();
    }

    private sealed class InboxItem
    {
        public Cursor? MovesTo { get; set; }
        public required Verdict Verdict { get; init; }
        public ReceivedBlob? Blob { get; set; }
        public int WaitingBytes { get; set; }
        public LinkedListNode<InboxItem>? Node { get; set; }
    }
}
