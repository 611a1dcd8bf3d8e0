using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>Decides about each blob of other devices: hand it over or drop it, what to note, what to report. Pure: no clock, no I/O; what it knows runs ahead of what is committed by the blobs that the app has not acknowledged yet.</summary>
/// <remarks>Per sender: a contiguous sequence with the hash of its envelope, an ahead set beyond holes, and the sequences in quarantine, which explain holes.</remarks>
internal sealed class InboundRules
{
    private static readonly PeerState Unknown = new(0, new byte[32], Rebase: false);
    private readonly Dictionary<DeviceId, PeerState> _peers;
    private readonly Dictionary<DeviceId, SortedDictionary<ulong, AheadState>> _ahead = [];
    private readonly Dictionary<DeviceId, ulong> _aheadTop = [];
    private readonly Dictionary<DeviceId, SortedSet<ulong>> _quarantined = [];
    private readonly Dictionary<DeviceId, ulong> _reported = [];

    public InboundRules(StoredState stored)
    {
        _peers = stored.Peers.ToDictionary();
        foreach (var ahead in stored.Ahead) KeepAhead(ahead);
        foreach (var blob in stored.Quarantine) QuarantinedOf(blob.Sender).Add(blob.Sequence);
    }

    /// <summary>A blob that was opened.</summary>
    /// <param name="blob">What its sealed header says.</param>
    /// <param name="claimed">What the relay says about it.</param>
    /// <param name="view">The relay's log, as read so far.</param>
    /// <param name="now">For the events.</param>
    /// <param name="beforeJoin">Whether its cursor is from before this device joined: then what the log dropped before it was not for this device.</param>
    /// <param name="isAgain">Whether its cursor was read before: then it is new only if it fills a hole.</param>
    public Verdict Opened(InboundBlob blob, ulong claimed, RelayView view, DateTimeOffset now, bool beforeJoin = false, bool isAgain = false)
    {
        var verdict = new Verdict();
        if (blob.Sequence != claimed)
            verdict.Events.Add(new ChainBroken(now, blob.Sender, blob.Sequence, blob.Cursor, "The relay gave it another sequence than its sealed header has."));
        Place(verdict, blob, view, isRecovery: false, now, beforeJoin: beforeJoin, isAgain: isAgain);
        return verdict;
    }

    /// <summary>A blob that could be opened only after it had been put in quarantine.</summary>
    public Verdict Recovered(InboundBlob blob, QuarantinedBlob quarantined, RelayView view, DateTimeOffset now)
    {
        var verdict = new Verdict();
        QuarantinedOf(quarantined.Sender).Remove(quarantined.Sequence);
        verdict.Changes.Add(new QuarantineRemoved(quarantined.Relay, quarantined.Cursor, quarantined.Id));
        Place(verdict, blob, view, isRecovery: true, now);
        return verdict;
    }

    /// <summary>A blob that could not be opened.</summary>
    public Verdict NotOpened(QuarantinedBlob blob, DateTimeOffset now)
    {
        var verdict = new Verdict();
        verdict.Changes.Add(new QuarantineAdded(blob));

        // Another relay may have shown it before; each keeps its own copy until it opens.
        if (QuarantinedOf(blob.Sender).Add(blob.Sequence)) verdict.Events.Add(new Undecryptable(now, blob.Cursor, blob.Sender, blob.Reason));
        return verdict;
    }

    /// <summary>A blob that could not be opened is no longer noted: it explains no hole any more.</summary>
    public void GivenUp(QuarantinedBlob blob) => QuarantinedOf(blob.Sender).Remove(blob.Sequence);

    /// <summary>A cursor without a body.</summary>
    /// <param name="blob">The stub, not an own one.</param>
    /// <param name="view">The relay's log, as read so far.</param>
    /// <param name="beforeJoin">Whether the cursor is from before this device joined: then others may have had it all.</param>
    /// <param name="now">For the events.</param>
    /// <param name="isAgain">Whether the cursor was read before.</param>
    public Verdict Stub(PulledBlob blob, RelayView view, bool beforeJoin, DateTimeOffset now, bool isAgain = false)
    {
        var verdict = new Verdict();
        if (Has(blob.Sender, blob.Sequence) || QuarantinedOf(blob.Sender).Contains(blob.Sequence))
        {
            view.See(verdict, blob.Sender, blob.Sequence);
            return verdict;
        }

        if (blob.State == BlobState.Forgotten && !beforeJoin)
        {
            // Read again: it was forgotten because this device, too, had acknowledged it.
            if (!isAgain) ReportMissing(verdict, blob.Sender, blob.Sequence + 1, blob.Cursor, now);
            view.See(verdict, blob.Sender, blob.Sequence);
            return verdict;
        }

        // A sender of whom everybody had everything before this device joined may go on anywhere.
        var isSkipped = blob.State == BlobState.Forgotten && (!_peers.TryGetValue(blob.Sender, out var known) || IsSkipped(known));
        if (blob.State == BlobState.Deleted) verdict.Events.Add(new Deleted(now, blob.Sender, blob.Sequence, blob.Cursor));
        Place(verdict, new InboundBlob(blob.Sender, blob.Sequence, default, default, blob.Cursor), view, isRecovery: false, now, mayStartAnywhere: beforeJoin, beforeJoin: beforeJoin, isAgain: isAgain);
        if (isSkipped && _peers.TryGetValue(blob.Sender, out var placed)) Set(verdict, blob.Sender, placed with { Rebase = true });
        verdict.Deliver = false;
        return verdict;
    }

    /// <summary>Something came though an earlier one of its sender is missing.</summary>
    public bool HasHoles => _ahead.Values.Any(a => a.Count > 0);

    /// <summary>How many blobs of others have come, or are explained.</summary>
    public ulong Known => _peers.Values.Aggregate(0UL, (sum, p) => sum + p.Contiguous) + (ulong)_ahead.Values.Sum(a => a.Count) + (ulong)_quarantined.Values.Sum(q => q.Count);

    /// <summary>What every sender pushed may be gone for good in parts: holes up to its next blob are not the relay's fault, and what is known may come again.</summary>
    public Verdict Rebase()
    {
        var verdict = new Verdict();
        foreach (var device in _peers.Keys.Concat(_quarantined.Where(q => q.Value.Count > 0).Select(q => q.Key)).Distinct().ToList())
            Set(verdict, device, (_peers.GetValueOrDefault(device) ?? Unknown) with { Rebase = true });
        return verdict;
    }

    /// <summary>Every log was read again: what is still missing is not kept anywhere. Each sender's sequence goes on behind its holes, but for those that hold something undecryptable.</summary>
    public Verdict GiveUpHoles(DateTimeOffset now)
    {
        var verdict = new Verdict();
        foreach (var (sender, ahead) in _ahead)
        {
            while (ahead.Count > 0)
            {
                var contiguous = _peers.GetValueOrDefault(sender)?.Contiguous ?? 0;
                var next = ahead.Values.First();
                if (QuarantinedOf(sender).GetViewBetween(contiguous + 1, next.Sequence).Count > 0) break;
                verdict.Events.Add(new Missed(now, sender, contiguous + 1, next.Sequence - 1, MissedReason.NotKept));
                Advance(verdict, new InboundBlob(sender, next.Sequence, default, next.Hash, Cursor.Zero), now);
            }
        }

        return verdict;
    }

    /// <summary>Takes back what is known of a sender: for chaos runs.</summary>
    public Verdict SetBack(DeviceId sender, ulong contiguous)
    {
        var verdict = new Verdict();
        if (_peers.GetValueOrDefault(sender) is not { } peer || contiguous >= peer.Contiguous) throw new ArgumentException("It does not have so many blobs of that sender.", nameof(contiguous));
        Set(verdict, sender, new PeerState(contiguous, default, peer.Rebase));
        return verdict;
    }

    private void Place(Verdict verdict, InboundBlob blob, RelayView view, bool isRecovery, DateTimeOffset now, bool? mayStartAnywhere = null, bool beforeJoin = false, bool isAgain = false)
    {
        var peer = _peers.GetValueOrDefault(blob.Sender) ?? Unknown with { Rebase = isRecovery || (mayStartAnywhere ?? view.HistoryCut) };
        var seen = isRecovery ? 0 : view.See(verdict, blob.Sender, blob.Sequence);
        if (Has(blob.Sender, blob.Sequence))
        {
            // Another relay has its own copy of everything: only the same log may not show a blob twice.
            if ((view.IsOnly || blob.Sequence <= seen) && !peer.Rebase && !isRecovery && !isAgain) verdict.Events.Add(new Replay(now, blob.Sender, blob.Sequence, blob.Cursor));
            return;
        }

        verdict.Deliver = true;
        var wasQuarantined = isRecovery || QuarantinedOf(blob.Sender).Contains(blob.Sequence);
        if (!wasQuarantined && !isAgain && blob.Sequence < (view.IsOnly ? Top(blob.Sender) : seen)) verdict.Events.Add(new Reordered(now, blob.Sender, blob.Sequence, blob.Cursor));

        if (blob.Sequence == peer.Contiguous + 1)
        {
            CheckChain(verdict, blob.Sender, blob.Sequence, blob.Previous, peer.LastHash, blob.Cursor, now);

            // What could be opened only now is older than what is gone since.
            Advance(verdict, blob, now, isRebase: isRecovery && _peers.GetValueOrDefault(blob.Sender) is { Rebase: true });
        }
        else if (!isRecovery && Explained(peer, blob, view) is var why and not MissedReason.None)
        {
            if (why == MissedReason.Deleted) view.Trimmed -= Missing(blob.Sender, peer.Contiguous, blob.Sequence);
            var isMissed = why == MissedReason.Deleted ? !beforeJoin && peer.Contiguous > 0 : (peer.Contiguous > 0 && !IsSkipped(peer)) || (!view.IsOnly && view.ExpiredUnread);
            if (isMissed) ReportMissed(verdict, blob.Sender, peer.Contiguous, blob.Sequence, why, now);
            CheckBefore(verdict, blob, now);
            Advance(verdict, blob, now);
        }
        else
        {
            if (!wasQuarantined && !peer.Rebase && !isAgain && !(beforeJoin && view.HistoryCut) && (view.IsOnly || seen > 0 && blob.Sequence > seen + 1)) ReportMissing(verdict, blob.Sender, blob.Sequence, blob.Cursor, now);
            PutAhead(verdict, blob, now);
        }
    }

    private static bool IsSkipped(PeerState peer) => peer is { Rebase: true, LastHash.IsEmpty: true };

    // Whether the hole before a blob is nobody's fault: then what is in it never comes, and the sender's sequence goes on after it.
    private MissedReason Explained(PeerState peer, InboundBlob blob, RelayView view)
    {
        if (QuarantinedOf(blob.Sender).GetViewBetween(peer.Contiguous + 1, blob.Sequence).Count > 0) return MissedReason.None;
        if (peer.Rebase) return MissedReason.Expired;
        return Missing(blob.Sender, peer.Contiguous, blob.Sequence) <= view.Trimmed ? MissedReason.Deleted : MissedReason.None;
    }

    private ulong Missing(DeviceId sender, ulong contiguous, ulong below)
    {
        var missing = below - 1 - contiguous;
        if (!_ahead.TryGetValue(sender, out var ahead)) return missing;
        return missing - (ulong)(below > _aheadTop.GetValueOrDefault(sender) ? ahead.Count : ahead.Keys.TakeWhile(s => s < below).Count());
    }

    private void PutAhead(Verdict verdict, InboundBlob blob, DateTimeOffset now)
    {
        CheckBefore(verdict, blob, now);
        var state = new AheadState(blob.Sender, blob.Sequence, blob.Hash, blob.Previous);
        KeepAhead(state);
        verdict.Changes.Add(new AheadAdded(state));
    }

    // The hole may end further down: what comes right before the blob can be here all the same.
    private void CheckBefore(Verdict verdict, InboundBlob blob, DateTimeOffset now)
    {
        if (AheadOf(blob.Sender).TryGetValue(blob.Sequence - 1, out var before)) CheckChain(verdict, blob.Sender, blob.Sequence, blob.Previous, before.Hash, blob.Cursor, now);
    }

    // The blob is the new contiguous end; what is ahead of it without a hole comes along.
    private void Advance(Verdict verdict, InboundBlob blob, DateTimeOffset now, bool isRebase = false)
    {
        var (contiguous, hash) = (blob.Sequence, blob.Hash);
        var ahead = AheadOf(blob.Sender);
        foreach (var passed in ahead.Keys.TakeWhile(s => s <= contiguous).ToList()) ahead.Remove(passed);
        while (ahead.Remove(contiguous + 1, out var next))
        {
            CheckChain(verdict, blob.Sender, next.Sequence, next.Previous, hash, blob.Cursor, now);
            (contiguous, hash) = (next.Sequence, next.Hash);
        }

        Set(verdict, blob.Sender, new PeerState(contiguous, hash, isRebase));
    }

    private static void CheckChain(Verdict verdict, DeviceId sender, ulong sequence, ReadOnlyMemory<byte> previous, ReadOnlyMemory<byte> known, Cursor cursor, DateTimeOffset now)
    {
        if (previous.IsEmpty || known.IsEmpty || previous.Span.SequenceEqual(known.Span)) return;
        verdict.Events.Add(new ChainBroken(now, sender, sequence, cursor, "It names another predecessor than the one that came: the device's state was copied, or a blob was replaced."));
    }

    // Each hole between two sequences for itself: what was handed over beyond the first is not missed.
    private void ReportMissed(Verdict verdict, DeviceId sender, ulong contiguous, ulong below, MissedReason why, DateTimeOffset now)
    {
        var first = contiguous + 1;
        foreach (var here in AheadOf(sender).Keys.TakeWhile(s => s < below).Append(below))
        {
            if (here > first) verdict.Events.Add(new Missed(now, sender, first, here - 1, why));
            first = here + 1;
        }
    }

    // Sequences below the given one that are neither here, nor in quarantine, nor reported before.
    private void ReportMissing(Verdict verdict, DeviceId sender, ulong below, Cursor cursor, DateTimeOffset now)
    {
        var quarantined = QuarantinedOf(sender);
        var (first, last) = (Top(sender) + 1, below - 1);
        while (first <= last && quarantined.Contains(first)) first++;
        while (last >= first && quarantined.Contains(last)) last--;
        if (first > last) return;
        verdict.Events.Add(new Omission(now, sender, first, last, cursor));
        _reported[sender] = last;
    }

    private bool Has(DeviceId sender, ulong sequence) =>
        sequence <= (_peers.GetValueOrDefault(sender)?.Contiguous ?? 0) || (_ahead.TryGetValue(sender, out var ahead) && ahead.ContainsKey(sequence));

    private ulong Top(DeviceId sender)
    {
        var top = Math.Max(_peers.GetValueOrDefault(sender)?.Contiguous ?? 0, _reported.GetValueOrDefault(sender));
        return _ahead.TryGetValue(sender, out var ahead) && ahead.Count > 0 ? Math.Max(top, _aheadTop[sender]) : top;
    }

    private void Set(Verdict verdict, DeviceId device, PeerState state)
    {
        _peers[device] = state;
        verdict.Changes.Add(new PeerChanged(device, state));
    }

    // The highest is asked for at each blob: a long run behind a hole must not be walked through each time. What leaves, leaves from below.
    private void KeepAhead(AheadState state)
    {
        AheadOf(state.Sender)[state.Sequence] = state;
        _aheadTop[state.Sender] = Math.Max(_aheadTop.GetValueOrDefault(state.Sender), state.Sequence);
    }

    private SortedDictionary<ulong, AheadState> AheadOf(DeviceId sender) =>
        _ahead.TryGetValue(sender, out var ahead) ? ahead : _ahead[sender] = [];

    private SortedSet<ulong> QuarantinedOf(DeviceId sender) =>
        _quarantined.TryGetValue(sender, out var set) ? set : _quarantined[sender] = [];
}

/// <summary>What the rules need of a blob.</summary>
/// <param name="Sender">Its device.</param>
/// <param name="Sequence">The device's sequence, as sealed.</param>
/// <param name="Previous">SHA-256 of the device's envelope before; empty if not known.</param>
/// <param name="Hash">SHA-256 of this envelope; empty if not known.</param>
/// <param name="Cursor">Where the relay put it.</param>
internal readonly record struct InboundBlob(DeviceId Sender, ulong Sequence, ReadOnlyMemory<byte> Previous, ReadOnlyMemory<byte> Hash, Cursor Cursor);

/// <summary>What <see cref="InboundRules"/> decided.</summary>
internal sealed class Verdict
{
    /// <summary>Hand it to the app.</summary>
    public bool Deliver { get; set; }

    /// <summary>To commit with the app's acknowledgement.</summary>
    public List<InboundChange> Changes { get; } = [];

    /// <summary>To report now.</summary>
    public List<SyncEvent> Events { get; } = [];
}
