using ZeroK.Client.Envelopes;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

// What one relay may bring: nothing that it makes up grows without a bound here. All under the gate.
internal sealed partial class Inbox
{
    /// <summary>What could not be opened and is noted.</summary>
    public IReadOnlyList<UndecryptableBlob> ListUndecryptable()
    {
        lock (_gate)
        {
            return [.. _quarantine.Blobs.OrderBy(q => q.Cursor).Select(q => new UndecryptableBlob(
                q.Id, Array.Find(_tracks, t => t.Row.Id.Span.SequenceEqual(q.Relay.Span))?.Address, q.Cursor, q.Sender, q.Sequence, q.Reason, q.Hash.IsEmpty && q.Bytes > 0, q.Holds))];
        }
    }

    /// <summary>Gives up blobs that could not be opened.</summary>
    /// <returns>How many.</returns>
    public int GiveUp(Func<BlobId, bool> which)
    {
        int count;
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var given = _quarantine.Blobs.Where(q => which(q.Id) && !_queue.Removes(q)).ToList();
            count = given.Count;
            if (count == 0) return 0;
            var changes = given.ConvertAll(InboundChange (q) => new QuarantineRemoved(q.Relay, q.Cursor, q.Id));
            _store.CommitInbound([], changes);
            foreach (var change in changes) Apply(change);
            foreach (var blob in given)
            {
                _rules.GivenUp(blob);
                _events.Publish(new GivenUp(now, blob.Cursor, blob.Sender, blob.Sequence));
            }

            Resume();
        }

        Changed.Pulse();
        return count;
    }

    // A sender that no relay has shown before takes room for good.
    private bool Admits(RelayTrack track, DeviceId sender, DateTimeOffset now) => track.View.Admit(sender) || Stop(track, ReadingStoppedReason.Senders, now);

    private bool TakeClosed(RelayTrack track, QuarantinedBlob blob, DateTimeOffset now)
    {
        if (!_quarantine.Take(blob, out var kept)) return Stop(track, ReadingStoppedReason.Undecryptable, now);
        Add(track, blob.Cursor, null, kept is null ? new Verdict() : _rules.NotOpened(kept, now));
        return true;
    }

    // A stub proves nothing: a relay may say of any device that it had a blob here.
    private bool TakeStub(RelayTrack track, PulledBlob blob, DateTimeOffset now)
    {
        if (!Admits(track, blob.Sender, now)) return false;
        if (track.Unproved >= WireLimits.UnprovedMax) return Stop(track, ReadingStoppedReason.Unproved, now);
        var verdict = _rules.Stub(blob, track.View, blob.Cursor <= track.Row.JoinedAt, now, blob.Cursor <= track.AgainThrough);
        NeedForgotten(track, blob, verdict);
        track.Unproved += verdict.Changes.Count(c => c is AheadAdded);
        Add(track, blob.Cursor, null, verdict);
        return true;
    }

    private bool Stop(RelayTrack track, ReadingStoppedReason why, DateTimeOffset now)
    {
        if (track.Stopped == why) return false;
        track.Stopped = why;
        _events.Publish(new ReadingStopped(now, track.Address, why));
        return false;
    }

    // Room was made.
    private void Resume()
    {
        foreach (var track in _tracks)
            if (track.Stopped == ReadingStoppedReason.Undecryptable && _quarantine.HasRoom(track.Row.Id)) track.Stopped = ReadingStoppedReason.None;
    }

    // What the log has no more can't come again by holding back an acknowledgement.
    private void ReleasePassed(RelayTrack track, Cursor start)
    {
        if (start > track.LogStart) track.LogStart = start;
        Release(_quarantine.Passed(track.Row.Id, track.LogStart));
    }

    private void Release(IReadOnlyList<InboundChange> changes)
    {
        if (changes.Count == 0) return;
        _store.CommitInbound([], changes);
        foreach (var change in changes) Apply(change);
    }

    private void Add(RelayTrack track, Cursor? movesTo, (OpenedBlob Opened, BlobId Id, Cursor Cursor)? blob, Verdict verdict)
    {
        if (verdict.Events.Exists(e => e is Missed { Reason: MissedReason.Expired or MissedReason.NotKept })) NeedState(verdict, track.Row.Head.Next);
        var item = new InboxItem { Track = track, MovesTo = movesTo, Trimmed = track.View.Trimmed, Verdict = verdict, Id = blob?.Id ?? default };
        if (blob is var (opened, _, cursor))
        {
            var header = opened.Header;
            item.Blob = new ReceivedBlob(header.Sender, header.Sequence, cursor, header.SentAt, header.Label, opened.Payload, (_, _) =>
            {
                Acknowledge(item);
                return ValueTask.CompletedTask;
            });
            ClientTelemetry.Fetched();
        }

        _queue.Add(item);
        if (movesTo is { } through && through > track.Fetched) track.Fetched = through;
        foreach (var happened in verdict.Events) _events.Publish(happened);
    }

    /// <summary>The next blob, if one has come. For the one who reads.</summary>
    public ReceivedBlob? TryHand()
    {
        lock (_gate)
        {
            var blob = _queue.TryHand();
            if (blob is not null) Changed.Pulse();
            return blob;
        }
    }

    private void Applied(IReadOnlyDictionary<RelayTrack, RelayState> rows, IReadOnlyList<InboundChange> changes, int blobs)
    {
        foreach (var (track, row) in rows) track.Row = track.Row with { Received = row.Received, Trimmed = row.Trimmed };
        foreach (var change in changes) Apply(change);
        ClientTelemetry.Acknowledged(blobs);
    }

    private void Apply(InboundChange change)
    {
        if (change is PeerChanged peer) _vector[peer.Device] = peer.State.Contiguous;
        else _quarantine.Apply(change);
    }

    // The app has it, and this device can't note it: a row of the quarantine stands for it.
    private IReadOnlyList<InboundChange> SetAside(InboxItem item)
    {
        if (item.Blob is not { } blob) return [];
        var row = new QuarantinedBlob(item.Track.Row.Id, blob.Cursor, item.Id, blob.Sender, blob.Sequence, UndecryptableReason.NotStorable, default);
        _events.Publish(new Undecryptable(_time.GetUtcNow(), blob.Cursor, blob.Sender, row.Reason));
        return [new QuarantineAdded(row)];
    }

    // Another log: its cursors say nothing about what is still to be acknowledged; what was read may come again.
    private void StartOver(RelayTrack track)
    {
        foreach (var item in _queue.Items)
            if (item.Track == track) item.MovesTo = null;

        // Another relay may still have what this one lost: then the hole waits for it.
        var verdict = track.View.IsOnly ? _rules.Rebase() : new Verdict();
        track.View.Forget(verdict);
        verdict.Changes.AddRange(_quarantine.All(track.Row.Id));
        Add(track, null, null, verdict);
        track.Row = track.Row with { Received = Cursor.Zero, Trimmed = 0 };
        (track.Fetched, track.AgainThrough, track.LogStart) = (Cursor.Zero, Cursor.Zero, Cursor.Zero);
        _queue.CommitSkips();
    }
}
