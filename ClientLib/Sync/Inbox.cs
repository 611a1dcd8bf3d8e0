using System.Runtime.CompilerServices;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>What came and was not yet acknowledged by the app, in order, and the read cursor that moves with the app's acknowledgements alone.</summary>
/// <remarks>An item without a blob (own stub, duplicate, quarantine) moves the cursor only when no unread blob is before it.</remarks>
internal sealed partial class Inbox
{
    private readonly Lock _gate = new();
    private readonly IStateStore _store;
    private readonly KeyRing _keys;
    private readonly GroupId _group;
    private readonly DeviceId _self;
    private readonly EventHub _events;
    private readonly TimeProvider _time;
    private readonly InboundRules _rules;
    private readonly LinkedList<InboxItem> _items = [];
    private readonly Dictionary<(Cursor, BlobId), QuarantinedBlob> _quarantine;
    private readonly Dictionary<DeviceId, ulong> _vector;
    private LinkedListNode<InboxItem>? _next;
    private RelayState _relay;
    private bool _historyCut;
    private long _waitingBytes;
    private int _reading;

    public Inbox(IStateStore store, StoredState stored, ReadOnlyMemory<byte> relayId, KeyRing keys, GroupId group, DeviceId self, EventHub events, TimeProvider time)
    {
        (_store, _keys, _group, _self, _events, _time) = (store, keys, group, self, events, time);
        _relay = stored.Relay(relayId);
        _rules = new InboundRules(stored);
        _quarantine = stored.Quarantine.ToDictionary(q => (q.Cursor, q.Id));
        _vector = stored.Peers.ToDictionary(p => p.Key, p => p.Value.Contiguous);
        Fetched = _relay.Received;
        RetryQuarantine();
    }

    /// <summary>Pulses when something moved.</summary>
    public Signal Changed { get; } = new();

    /// <summary>Everything up to here was pulled.</summary>
    public Cursor Fetched { get; private set; }

    /// <summary>Bytes that wait to be handed to the app.</summary>
    public long WaitingBytes => Volatile.Read(ref _waitingBytes);

    public RelayState Relay
    {
        get
        {
            lock (_gate) return _relay;
        }
    }

    /// <summary>What the relay may be told.</summary>
    public Cursor AckTarget
    {
        get
        {
            lock (_gate) return StateReader.AckOf(_relay, _quarantine.Values);
        }
    }

    public int Undecryptable
    {
        get
        {
            lock (_gate) return _quarantine.Count;
        }
    }

    public IReadOnlyList<KeyValuePair<DeviceId, ulong>> Vector
    {
        get
        {
            lock (_gate) return [.. _vector];
        }
    }

    /// <summary>A session begins: is it the same log, and does it still hold what was seen?</summary>
    public void Welcomed(Welcome welcome)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var isFirst = _relay.LogId.IsEmpty;
            if (!isFirst && !_relay.LogId.Span.SequenceEqual(welcome.LogId.Span))
            {
                _events.Publish(new RelayReset(now));
                StartOver();
            }
            else if (welcome.Head < _relay.Head)
            {
                _events.Publish(new Rollback(now, _relay.Head, welcome.Head));
                StartOver();
            }

            _historyCut = welcome.HistoryStart.Value > 1 || !isFirst && _historyCut;
            if (isFirst && welcome.HistoryStart.Value > 1) _events.Publish(new HistoryBegins(now, welcome.HistoryStart));
            _relay = _relay with { LogId = welcome.LogId, Head = welcome.Head, JoinedAt = isFirst ? welcome.Head : _relay.JoinedAt };
            _store.SaveRelay(_relay);
        }

        Changed.Pulse();
    }

    /// <summary>The relay told its head.</summary>
    public void HeadMoved(Cursor head)
    {
        lock (_gate)
        {
            if (head <= _relay.Head) return;
            _relay = _relay with { Head = head };
        }

        Changed.Pulse();
    }

    /// <summary>Takes a page that follows <see cref="Fetched"/> and obeys <see cref="PageRules"/>.</summary>
    public void Take(PullResponse page)
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            var isFirst = Fetched == Cursor.Zero && _relay.Received == Cursor.Zero && _historyCut && _vector.Count == 0;
            if (page.ExpiredThrough > Cursor.Zero) _historyCut = true;
            if (PageRules.Expired(Fetched, page) is { } expired && !isFirst)
            {
                _events.Publish(new Expired(now, expired.First, expired.Last));
                Add(expired.Last, null, _rules.Rebase());
            }
        }

        foreach (var blob in page.Blobs)
        {
            var item = Judge(blob, now);
            lock (_gate) Add(blob.Cursor, item.Blob, item.Verdict);
        }

        lock (_gate)
        {
            // What was trimmed because everybody has it leaves no stub: the page's bounds move the cursor too.
            var through = new Cursor(Math.Max(page.Through.Value, page.Start.Value - 1));
            if (through > Fetched) Add(through, null, new Verdict());
            if (page.Head > _relay.Head) _relay = _relay with { Head = page.Head };
            CommitSkips();
        }

        Changed.Pulse();
    }

    /// <summary>Opens what is in quarantine, as far as it can be opened now.</summary>
    /// <returns>How many can't.</returns>
    public int RetryQuarantine()
    {
        var left = 0;
        foreach (var blob in _store.ReadQuarantine())
        {
            lock (_gate)
            {
                if (_items.Any(i => i.Verdict.Changes.OfType<QuarantineRemoved>().Any(c => c.Cursor == blob.Cursor && c.Id == blob.Id))) continue;
                if (Envelope.TryOpen(_keys, _group, blob.Sender, blob.Id, blob.Envelope.Span, out var opened) != UndecryptableReason.None)
                {
                    left++;
                    continue;
                }

                var verdict = _rules.Recovered(InboundOf(opened, blob.Envelope, blob.Cursor), blob, _time.GetUtcNow());
                Add(null, verdict.Deliver ? (opened, blob.Cursor) : null, verdict);
                CommitSkips();
            }
        }

        Changed.Pulse();
        return left;
    }

    /// <summary>Hands over; see <see cref="SyncClient.ReceiveAsync"/>.</summary>
    public async IAsyncEnumerable<ReceivedBlob> ReceiveAsync(CancellationToken closed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0) throw new InvalidOperationException("Another ReceiveAsync is reading: one at a time.");
        try
        {
            lock (_gate) Rewind();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(closed, cancellationToken);
            while (!closed.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var next = Changed.Next;
                if (Hand() is { } blob) yield return blob;
                else await next.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    // The app has the item and all before it: cursor, vector, ahead set and quarantine move in one transaction.
    private void Acknowledge(InboxItem item)
    {
        lock (_gate)
        {
            if (item.Node?.List is null) return;
            Commit(item.Node);
        }

        Changed.Pulse();
    }

    private (Verdict Verdict, (OpenedBlob, Cursor)? Blob) Judge(PulledBlob blob, DateTimeOffset now)
    {
        // The relay does not send own blobs back; what it sends under this device's id is not this device's.
        if (blob.State == BlobState.Own || blob.Sender == _self) return (new Verdict(), null);
        if (blob.State != BlobState.Present)
        {
            lock (_gate) return (_rules.Stub(blob, blob.Cursor <= _relay.JoinedAt, now), null);
        }

        var reason = Envelope.TryOpen(_keys, _group, blob.Sender, blob.Id, blob.Envelope.Span, out var opened);
        lock (_gate)
        {
            if (reason != UndecryptableReason.None) return (_rules.NotOpened(new QuarantinedBlob(_relay.Id, blob.Cursor, blob.Id, blob.Sender, blob.Sequence, reason, blob.Envelope), now), null);
            var verdict = _rules.Opened(InboundOf(opened, blob.Envelope, blob.Cursor), blob.Sequence, _historyCut, now);
            return (verdict, verdict.Deliver ? (opened, blob.Cursor) : null);
        }
    }

    private static InboundBlob InboundOf(OpenedBlob opened, ReadOnlyMemory<byte> envelope, Cursor cursor) =>
        new(opened.Header.Sender, opened.Header.Sequence, opened.Header.Previous, Envelope.Hash(envelope.Span), cursor);
}
