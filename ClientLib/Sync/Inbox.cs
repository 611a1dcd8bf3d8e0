using System.Runtime.CompilerServices;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Session;
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
    private readonly InboxQueue _queue;
    private readonly InboundRules _rules;
    private readonly Quarantine _quarantine;
    private readonly RelayTrack[] _tracks;
    private readonly Dictionary<DeviceId, ulong> _vector;
    private int _reading;
    private int _reader;

    public Inbox(IStateStore store, StoredState stored, IReadOnlyList<RelayAddress> relays, KeyRing keys, GroupId group, DeviceId self, EventHub events, SyncOptions options)
    {
        (_store, _keys, _group, _self, _events, _time) = (store, keys, group, self, events, options.Time);
        _tracks = [.. relays.Select(r => new RelayTrack(stored, r, relays.Count == 1))];
        _rules = new InboundRules(stored);
        _quarantine = new Quarantine(stored.Quarantine, options.QuarantineBlobsMax, options.QuarantineBytesMax);
        _queue = new InboxQueue(store, Applied, SetAside);
        _vector = stored.Peers.ToDictionary(p => p.Key, p => p.Value.Contiguous);
        RestoreNeed(stored);
        RetryQuarantine();
    }

    /// <summary>Pulses when something moved.</summary>
    public Signal Changed { get; } = new();

    /// <summary>Bytes that wait to be handed to the app.</summary>
    public long WaitingBytes => _queue.WaitingBytes;

    /// <summary>Which relay is read from.</summary>
    public int Reader
    {
        get => Volatile.Read(ref _reader);
        set
        {
            Volatile.Write(ref _reader, value);
            Changed.Pulse();
        }
    }

    /// <summary>Whether a relay is to be read from: the primary, and the others too while a sender's sequence has holes that they may fill, all are read again, they may tell what is gone at the primary, or the primary is not read any more.</summary>
    public bool IsRead(int relay)
    {
        lock (_gate)
        {
            if (_tracks[relay].Stopped != ReadingStoppedReason.None) return false;
            if (relay == Reader || _tracks[Reader].Stopped != ReadingStoppedReason.None) return true;
            return _rules.HasHoles || _tracks[relay].IsReadingAgain || _tracks[relay].CheckThrough > _tracks[relay].Fetched;
        }
    }

    /// <summary>Why a relay is not read any more; None if it is.</summary>
    public ReadingStoppedReason WhyStopped(int relay)
    {
        lock (_gate) return _tracks[relay].Stopped;
    }

    /// <summary>Everything up to here was pulled from a relay. Asked before each pull: where its log is to be read again, this is the beginning.</summary>
    public Cursor Fetched(int relay)
    {
        lock (_gate)
        {
            BeginAgain(_tracks[relay]);
            return _tracks[relay].Fetched;
        }
    }

    /// <summary>Where a relay stands.</summary>
    public RelayState Relay(int relay)
    {
        lock (_gate) return _tracks[relay].Row;
    }

    /// <summary>What a relay may be told.</summary>
    public Cursor AckTarget(int relay)
    {
        lock (_gate) return StateReader.AckOf(_tracks[relay].Row, _quarantine.Blobs);
    }

    public int Undecryptable
    {
        get
        {
            lock (_gate) return _quarantine.Total;
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
    public void Welcomed(int relay, Welcome welcome)
    {
        lock (_gate)
        {
            if (WelcomeRules.Problem(welcome) is { } problem) throw new ArgumentException(problem, nameof(welcome));
            _queue.CommitDoubtful();
            var now = _time.GetUtcNow();
            var track = _tracks[relay];
            var isFirst = track.Row.LogId.IsEmpty;
            if (!isFirst && !track.Row.LogId.Span.SequenceEqual(welcome.LogId.Span))
            {
                _events.Publish(new RelayReset(now));
                StartOver(track);
            }
            else if (welcome.Head < track.Row.Head)
            {
                _events.Publish(new Rollback(now, track.Row.Head, welcome.Head));
                StartOver(track);
            }

            track.View.HistoryCut = welcome.HistoryStart.Value > 1 || !isFirst && track.View.HistoryCut;
            var isLate = isFirst && welcome.HistoryStart.Value > 1 && _tracks.All(t => t.Row.LogId.IsEmpty);
            track.Row = track.Row with { LogId = welcome.LogId, Head = welcome.Head, JoinedAt = isFirst ? welcome.Head : track.Row.JoinedAt };
            track.Own = welcome.LastSequence;
            if (track.CheckThrough == RelayTrack.NextHead) track.CheckThrough = welcome.Head;
            if (track.AgainUntil > welcome.Head) track.AgainUntil = welcome.Head;
            EndAgain(track);
            SaveWelcomed(track, isLate ? welcome.HistoryStart : Cursor.Zero);
            ReleasePassed(track, welcome.HistoryStart);
        }

        Changed.Pulse();
    }

    /// <summary>Whether a relay has blobs of this device that its state doesn't know: up to a sequence; 0 for none.</summary>
    public void ForeignSeen(int relay, ulong sequence)
    {
        lock (_gate)
        {
            var track = _tracks[relay];
            if (track.Row.Foreign == sequence) return;
            track.Row = track.Row with { Foreign = sequence };
            _store.SaveRelay(track.Row);
        }
    }

    /// <summary>A relay told its head.</summary>
    public void HeadMoved(int relay, Cursor head)
    {
        lock (_gate)
        {
            var track = _tracks[relay];
            if (head <= track.Row.Head || head.Value > WireLimits.NumberMax) return;
            track.Row = track.Row with { Head = head };
        }

        Changed.Pulse();
    }

    /// <summary>Takes a page that follows <see cref="Fetched"/> and obeys <see cref="PageRules"/>. What is beyond the bounds of what one relay may bring is not taken, and the relay is read no more.</summary>
    /// <param name="relay">Whose.</param>
    /// <param name="page">The page.</param>
    /// <param name="told">The head when it was asked for.</param>
    public void Take(int relay, PullResponse page, Cursor told = default)
    {
        var now = _time.GetUtcNow();
        var track = _tracks[relay];
        lock (_gate) TakeStart(track, page, now);
        var isWhole = page.Blobs.All(b => Take(track, b, now));
        lock (_gate)
        {
            // What was trimmed because everybody has it leaves no stub: the page's bounds move the cursor too.
            var through = new Cursor(Math.Max(page.Through.Value, page.Start.Value - 1));
            if (isWhole && through > track.Fetched) Add(track, through, null, new Verdict());

            // A head that was told and that the log does not have is not asked for again until it is told again.
            var isLess = isWhole && page.Head < told && track.Row.Head == told && page.Through >= page.Head;
            if (isLess || page.Head > track.Row.Head) track.Row = track.Row with { Head = page.Head };
            _queue.CommitSkips();
            EndAgain(track);
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
                if (_queue.Removes(blob)) continue;
                if (Envelope.TryOpen(_keys, _group, blob.Sender, blob.Id, blob.Envelope.Span, out var opened) != UndecryptableReason.None)
                {
                    left++;
                    continue;
                }

                var track = Array.Find(_tracks, t => t.Row.Id.Span.SequenceEqual(blob.Relay.Span)) ?? _tracks[0];
                var verdict = _rules.Recovered(InboundOf(opened, blob.Envelope, blob.Cursor), blob, track.View, _time.GetUtcNow());
                Add(track, null, verdict.Deliver ? (opened, blob.Id, blob.Cursor) : null, verdict);
                _queue.CommitSkips();
                Resume();
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
            lock (_gate) _queue.Rewind();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(closed, cancellationToken);
            while (!closed.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var next = Changed.Next;
                if (TryHand() is { } blob) yield return blob;
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
            _queue.Commit(item.Node);
        }

        Changed.Pulse();
    }

    // Under the gate: what lies between what was read and the page's start.
    private void TakeStart(RelayTrack track, PullResponse page, DateTimeOffset now)
    {
        // What was read before is no news when it is read again.
        var known = track.Fetched > track.AgainThrough ? track.Fetched : track.AgainThrough;
        var isFirst = known == Cursor.Zero && track.Row.Received == Cursor.Zero && track.View.HistoryCut;
        var start = Math.Max(page.ExpiredThrough.Value + 1, page.Start > track.Fetched.Next ? page.Start.Value : 0);
        ReleasePassed(track, new Cursor(start));
        if (page.ExpiredThrough > Cursor.Zero) track.View.HistoryCut = true;
        track.View.ExpiredUnread = page.ExpiredThrough > track.Row.JoinedAt;
        if (PageRules.Expired(known, page) is { } expired)
        {
            // What is older than this device is not missed. Another relay that was read may have shown what is gone at one that is read for the first time: then it is missed for sure where more is gone than this device has; else the others are read once to see, and each sender's next blob shows it.
            var first = isFirst && expired.First <= track.Row.JoinedAt ? track.Row.JoinedAt.Next : expired.First;
            var isAlone = Array.TrueForAll(_tracks, t => t == track || t.Fetched == Cursor.Zero);
            var isShort = track.Row.JoinedAt == Cursor.Zero && _rules.Known + track.Own < expired.Last.Value;
            var isMissed = !isFirst || ((isAlone || isShort) && first <= expired.Last);
            if (isMissed) _events.Publish(new Expired(now, first, expired.Last));
            if (!isMissed && first <= expired.Last) CheckOthers(track);
            if (isMissed || _vector.Count > 0)
            {
                var verdict = _rules.Rebase();
                track.View.Unsee(verdict);
                if (isMissed) NeedState(verdict, expired.Last.Next);
                Add(track, expired.Last, null, verdict);
            }

            if (expired.Last > known) known = expired.Last;
        }

        if (isFirst || page.Start.Value - 1 <= known.Value) return;
        track.View.Trimmed = Math.Min(WireLimits.NumberMax, track.View.Trimmed + (page.Start.Value - 1 - known.Value));
    }

    // Opening needs no gate. Judging and queueing are one step: two relays may be read at once while the primary changes.
    private bool Take(RelayTrack track, PulledBlob blob, DateTimeOffset now)
    {
        // The relay does not send own blobs back; what it sends under this device's id is not this device's.
        if (blob.State == BlobState.Own || blob.Sender == _self)
        {
            lock (_gate) Add(track, blob.Cursor, null, new Verdict());
            return true;
        }

        if (blob.State != BlobState.Present)
        {
            lock (_gate) return TakeStub(track, blob, now);
        }

        var reason = Envelope.TryOpen(_keys, _group, blob.Sender, blob.Id, blob.Envelope.Span, out var opened);
        lock (_gate)
        {
            if (!Admits(track, blob.Sender, now)) return false;
            if (reason != UndecryptableReason.None) return TakeClosed(track, new QuarantinedBlob(track.Row.Id, blob.Cursor, blob.Id, blob.Sender, blob.Sequence, reason, blob.Envelope), now);
            var inbound = InboundOf(opened, blob.Envelope, blob.Cursor);
            var verdict = _quarantine.Find(track.Row.Id, blob.Cursor, blob.Id) is { } kept
                ? _rules.Recovered(inbound, kept, track.View, now)
                : _rules.Opened(inbound, blob.Sequence, track.View, now, beforeJoin: blob.Cursor <= track.Row.JoinedAt, isAgain: blob.Cursor <= track.AgainThrough);
            Add(track, blob.Cursor, verdict.Deliver ? (opened, blob.Id, blob.Cursor) : null, verdict);
            return true;
        }
    }

    private static InboundBlob InboundOf(OpenedBlob opened, ReadOnlyMemory<byte> envelope, Cursor cursor) =>
        new(opened.Header.Sender, opened.Header.Sequence, opened.Header.Previous, Envelope.Hash(envelope.Span), cursor);
}
