using ZeroK.Client.Envelopes;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Outbox;

// The one writer, and what is done when the store fails: then the disk alone knows what happened, so it is read back before anything is built on it.
internal sealed partial class DurableOutbox
{
    private async Task WriteAsync()
    {
        while (await _incoming.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var batch = new List<Waiting>();
            long bytes = 0;
            while (batch.Count < CommitBlobsMax && bytes < CommitBytesMax && _incoming.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
                bytes += waiting.Payload.Length;
            }

            Commit(batch);
        }
    }

    private void Commit(List<Waiting> batch)
    {
        try
        {
            var receipts = Accept(batch);
            for (var i = 0; i < batch.Count; i++) batch[i].Done.TrySetResult(receipts[i]);
        }
        catch (Exception e)
        {
            var why = e as SyncException ?? new SyncException(ErrorCode.None, "The outbox can't be written; nothing was accepted. " + e.Message, e);
            foreach (var waiting in batch) waiting.Done.TrySetException(new SyncException(why.Code, why.Message, why));
        }
    }

    /// <summary>Seals and commits a batch at once, on the caller's thread. The writer's step; a simulation takes it alone.</summary>
    /// <exception cref="SyncException">It was not accepted, or that is not known.</exception>
    internal PushReceipt[] Accept(IReadOnlyList<Waiting> batch)
    {
        PushReceipt[] receipts;
        lock (_storing) receipts = Store(batch);
        Changed.Pulse();
        return receipts;
    }

    private PushReceipt[] Store(IReadOnlyList<Waiting> batch)
    {
        if (_isUnsure) ReadBack();
        var (sequence, hash) = (_lastSequence, _lastHash);
        var entries = new List<OutboxEntry>(batch.Count);
        var now = EnvelopeHeader.MsOf(_time.GetUtcNow());
        foreach (var waiting in batch)
        {
            var id = waiting.Taken ?? BlobId.New();
            var envelope = Envelope.Seal(_keys, _group, id, new EnvelopeHeader(_self, ++sequence, hash, now, waiting.Label), waiting.Payload.Span);
            hash = Envelope.Hash(envelope);
            entries.Add(new OutboxEntry(sequence, id, envelope) { IsTaken = waiting.Taken is not null });
        }

        try
        {
            _store.Append(entries, hash);
        }
        catch (Exception e)
        {
            _isUnsure = true;
            if (!Happened(entries, hash, e)) throw;
            lock (_gate) return Receipts(entries);
        }

        lock (_gate)
        {
            var bytes = entries.Sum(e => (long)e.Envelope.Length);
            foreach (var lane in _lanes) lane.State = lane.State with { Blobs = lane.State.Blobs + entries.Count, Bytes = lane.State.Bytes + bytes };
            (_lastSequence, _lastHash) = (sequence, hash);
            _taken.UnionWith(entries.Where(e => e.IsTaken).Select(e => e.Id));
            return Receipts(entries);
        }
    }

    private bool Happened(List<OutboxEntry> entries, byte[] hash, Exception failure)
    {
        try
        {
            ReadBack();
        }
        catch (Exception e)
        {
            throw new SyncException(ErrorCode.None, "The outbox can't be written, nor read back: it is not known whether the blob was accepted. The next push, or a restart, finds out; the status then counts it or not.", new AggregateException(failure, e));
        }

        return _lastSequence == entries[^1].Sequence && _lastHash.AsSpan().SequenceEqual(hash);
    }

    private PushReceipt[] Receipts(List<OutboxEntry> entries)
    {
        var receipts = new PushReceipt[entries.Count];
        var startedAt = _time.GetTimestamp();
        ClientTelemetry.Pushed(entries.Count);
        MeasurePending(OutboxRules.Furthest(States()));
        for (var i = 0; i < entries.Count; i++)
        {
            var receipt = _receipts[entries[i].Sequence] = new OpenReceipt(_lanes.Length, startedAt);
            if (_lanes.All(l => l.Refused is not null)) Fail(receipt, _lanes[_primary].Refused!);
            receipts[i] = new PushReceipt(entries[i].Sequence, entries[i].Id, receipt.Durable.Task);
        }

        return receipts;
    }

    // Under _storing: the lane moves on the disk and here, together with what leaves the outbox.
    private void Deliver(int relay, IReadOnlyList<(OutboxEntry Entry, Cursor Cursor)> entries)
    {
        if (_isUnsure) ReadBack();
        var through = entries[^1].Entry.Sequence;
        LaneState[] after;
        lock (_gate)
        {
            after = States();
            after[relay] = after[relay] with { Delivered = Math.Max(after[relay].Delivered, through) };
        }

        Save(relay, after[relay], OutboxRules.RemoveThrough(after));
        lock (_gate)
        {
            _lanes[relay].Refused = null;
            foreach (var (entry, _) in entries) _lanes[relay].Took(entry);
            after = States();
            MeasurePending(OutboxRules.Furthest(after));
        }

        if (OutboxRules.MustGiveUp(after, _laggingBytesMax) is var lagging and >= 0) GiveUp(lagging, after);
    }

    private void GiveUp(int relay, LaneState[] lanes)
    {
        lanes[relay] = lanes[relay] with { IsGivenUp = true };
        Save(relay, lanes[relay], OutboxRules.RemoveThrough(lanes));
        lock (_gate) _lanes[relay].State = lanes[relay];
        _events.Publish(new RelayGivenUp(_time.GetUtcNow(), _lanes[relay].Address, lanes[relay].Delivered));
    }

    private void Save(int relay, LaneState lane, ulong removeThrough)
    {
        try
        {
            _store.SaveDelivery(new DeliveryState(_lanes[relay].Relay, lane.Delivered, lane.IsGivenUp), removeThrough);
        }
        catch (Exception)
        {
            _isUnsure = true;
            ReadBack();
            var now = Lane(relay).State;
            if (now.Delivered < lane.Delivered || now.IsGivenUp != lane.IsGivenUp) throw;
        }
    }

    // Under _storing.
    private void ReadBack()
    {
        var stored = _store.Load();
        lock (_gate) Take(stored);
        _isUnsure = false;
        Changed.Pulse();
    }

    private void Take(StoredState stored)
    {
        (_lastSequence, _lastHash) = (stored.LastSequence, stored.LastHash);
        _taken = [.. stored.Taken];
        foreach (var lane in _lanes) lane.Take(stored.Delivery(lane.Relay));
        MeasurePending(OutboxRules.Furthest(States()));
    }
}
