using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>What came, in order, until it is committed: blobs that the app has not acknowledged, and between them what only moves a cursor. Under the inbox's gate.</summary>
/// <param name="store">Where it is committed.</param>
/// <param name="applied">Told of what was committed: rows, changes, and how many blobs.</param>
/// <param name="setAside">Makes, of an item that the store can't hold, what is noted instead.</param>
internal sealed class InboxQueue(IStateStore store, Action<IReadOnlyDictionary<RelayTrack, RelayState>, IReadOnlyList<InboundChange>, int> applied, Func<InboxItem, IReadOnlyList<InboundChange>> setAside)
{
    // A blob without a payload takes memory too.
    private const int ItemBytes = 256;
    private readonly LinkedList<InboxItem> _items = [];
    private LinkedListNode<InboxItem>? _next;
    private LinkedListNode<InboxItem>? _inDoubt;
    private long _waitingBytes;

    /// <summary>Bytes that wait to be handed to the app.</summary>
    public long WaitingBytes => Volatile.Read(ref _waitingBytes);

    public bool IsEmpty => _items.Count == 0;

    public IEnumerable<InboxItem> Items => _items;

    /// <summary>Adds at the end. What has no blob joins the one before it if that has none either: so nothing grows that only moves a cursor.</summary>
    public void Add(InboxItem item)
    {
        if (item.Blob is null && _items.Last is { Value: { Blob: null } last } && last.Track == item.Track)
        {
            last.Join(item);
            return;
        }

        item.Node = _items.AddLast(item);
        if (item.Blob is not null) Wait(item);
        _next ??= item.Node;
    }

    /// <summary>The next blob, if one has come.</summary>
    public ReceivedBlob? TryHand()
    {
        while (_next is { } node)
        {
            _next = node.Next;
            if (node.Value.Blob is not { } blob) continue;
            _waitingBytes -= node.Value.WaitingBytes;
            node.Value.WaitingBytes = 0;
            return blob;
        }

        return null;
    }

    /// <summary>A new reader gets again what was handed over and not acknowledged.</summary>
    public void Rewind()
    {
        for (var node = _items.First; node is not null && node != _next; node = node.Next) Wait(node.Value);
        _next = _items.First;
    }

    /// <summary>Whether a row of the quarantine goes with something that waits.</summary>
    public bool Removes(QuarantinedBlob blob) =>
        _items.Any(i => i.Verdict.Changes.Exists(c => c is QuarantineRemoved r && r.Cursor == blob.Cursor && r.Id == blob.Id && r.Relay.Span.SequenceEqual(blob.Relay.Span)));

    /// <summary>Commits what is before the first blob.</summary>
    public void CommitSkips()
    {
        LinkedListNode<InboxItem>? last = null;
        for (var node = _items.First; node is not null && node.Value.Blob is null; node = node.Next) last = node;
        if (last is not null) Commit(last);
    }

    /// <summary>Commits what failed last, if something did: it may have happened.</summary>
    public void CommitDoubtful()
    {
        if (_inDoubt is { List: not null } doubt) Commit(doubt);
    }

    /// <summary>Commits everything up to an item: cursors, vector, ahead set and quarantine move in one transaction.</summary>
    /// <exception cref="IOException">It may have happened or not; what is committed later goes with it.</exception>
    public void Commit(LinkedListNode<InboxItem> through)
    {
        // What failed may have happened. A later write must not take it back: it goes along first.
        if (_inDoubt?.List is not null) through = Last(through, _inDoubt);
        while (through.Next is { Value.Blob: null } skip) through = skip;
        var batch = InboundBatch.Of(_items.First!, through);
        try
        {
            Write(through, () => store.CommitInbound([.. batch.Rows.Values], batch.Changes));
            Took(through, batch.Rows, batch.Changes);
        }
        catch (Exception e) when (e is not IOException)
        {
            // A store that takes nothing at all is no fault of an item.
            store.CommitInbound([], []);
            CommitApart(through);
        }
    }

    // Something among these can't be stored: each goes for itself, so that one does not hold back the others.
    private void CommitApart(LinkedListNode<InboxItem> through)
    {
        while (_items.First is { } first)
        {
            var isLast = first == through;
            var batch = InboundBatch.Of(first, first);
            try
            {
                Write(first, () => store.CommitInbound([.. batch.Rows.Values], batch.Changes));
                Took(first, batch.Rows, batch.Changes);
            }
            catch (Exception e) when (e is not IOException)
            {
                CommitParts(first, batch);
            }

            if (isLast) return;
        }
    }

    // Of an item that can't be stored as a whole: each part that can, a note of the item, and then its cursor.
    private void CommitParts(LinkedListNode<InboxItem> node, InboundBatch batch)
    {
        var taken = batch.Changes.Concat(setAside(node.Value)).Where(c => TryStore(node, [], [c])).ToList();
        var rows = batch.Rows.Where(r => TryStore(node, [r.Value], [])).ToDictionary();
        Took(node, rows, taken);
    }

    private bool TryStore(LinkedListNode<InboxItem> node, IReadOnlyList<RelayState> rows, IReadOnlyList<InboundChange> changes)
    {
        try
        {
            Write(node, () => store.CommitInbound(rows, changes));
            return true;
        }
        catch (Exception e) when (e is not IOException)
        {
            return false;
        }
    }

    // Only after an I/O error is it not known what happened.
    private void Write(LinkedListNode<InboxItem> through, Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            _inDoubt = through;
            throw;
        }

        _inDoubt = null;
    }

    private void Took(LinkedListNode<InboxItem> through, IReadOnlyDictionary<RelayTrack, RelayState> rows, IReadOnlyList<InboundChange> changes)
    {
        var after = through.Next;
        var blobs = 0;
        while (_items.First is { } first && first != after)
        {
            if (first.Value.Blob is not null) blobs++;
            if (first == _next) _next = after;
            _waitingBytes -= first.Value.WaitingBytes;
            _items.RemoveFirst();
        }

        applied(rows, changes, blobs);
    }

    private void Wait(InboxItem item)
    {
        if (item.Blob is not { } blob || item.WaitingBytes > 0) return;
        item.WaitingBytes = ItemBytes + (2 * blob.Label?.Length ?? 0) + blob.Payload.Length;
        _waitingBytes += item.WaitingBytes;
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
}

/// <summary>One thing that came from a relay.</summary>
internal sealed class InboxItem
{
    public required RelayTrack Track { get; init; }

    /// <summary>Committed, the relay's cursor is here.</summary>
    public Cursor? MovesTo { get; set; }

    public ulong Trimmed { get; set; }

    public required Verdict Verdict { get; init; }

    public ReceivedBlob? Blob { get; set; }

    public BlobId Id { get; init; }

    public int WaitingBytes { get; set; }

    public LinkedListNode<InboxItem>? Node { get; set; }

    /// <summary>Takes in a later one without a blob, of the same relay.</summary>
    public void Join(InboxItem later)
    {
        if (later.MovesTo is { } moves) (MovesTo, Trimmed) = (moves, later.Trimmed);
        var before = Verdict.Changes.Count;
        Verdict.Changes.AddRange(later.Verdict.Changes);
        if (Verdict.Changes.Count / InboundBatch.CompactEvery > before / InboundBatch.CompactEvery) InboundBatch.Compact(Verdict.Changes);
    }
}
