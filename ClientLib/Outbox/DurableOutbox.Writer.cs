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
            PushReceipt[] receipts;
            lock (_storing) receipts = Store(batch);
            Changed.Pulse();
            for (var i = 0; i < batch.Count; i++) batch[i].Done.TrySetResult(receipts[i]);
        }
        catch (Exception e)
        {
            var why = e as SyncException ?? new SyncException(ErrorCode.None, "The outbox can't be written; nothing was accepted. " + e.Message, e);
            foreach (var waiting in batch) waiting.Done.TrySetException(new SyncException(why.Code, why.Message, why));
        }
    }

    private PushReceipt[] Store(List<Waiting> batch)
    {
        if (_isUnsure) ReadBack();
        var (sequence, hash) = (_lastSequence, _lastHash);
        var entries = new List<OutboxEntry>(batch.Count);
        var now = (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var waiting in batch)
        {
            var id = BlobId.New();
            var envelope = Envelope.Seal(_keys, _group, id, new EnvelopeHeader(_self, ++sequence, hash, now, waiting.Label), waiting.Payload.Span);
            hash = Envelope.Hash(envelope);
            entries.Add(new OutboxEntry(sequence, id, envelope));
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
            foreach (var entry in entries) _bytes += entry.Envelope.Length;
            _blobs += entries.Count;
            (_lastSequence, _lastHash) = (sequence, hash);
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
        for (var i = 0; i < entries.Count; i++)
        {
            var durable = _receipts[entries[i].Sequence] = new TaskCompletionSource<Cursor>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_refused is not null) Fail(durable, _refused);
            receipts[i] = new PushReceipt(entries[i].Sequence, entries[i].Id, durable.Task);
        }

        return receipts;
    }

    private void RemoveThrough(ulong sequence)
    {
        if (_isUnsure) ReadBack();
        try
        {
            _store.Acknowledge(sequence);
        }
        catch (Exception)
        {
            _isUnsure = true;
            ReadBack();
            if (_durable < sequence) throw;
        }
    }

    // Under _storing.
    private void ReadBack()
    {
        var stored = _store.Load();
        lock (_gate)
        {
            (_lastSequence, _lastHash, _blobs, _bytes) = (stored.LastSequence, stored.LastHash, stored.OutboxBlobs, stored.OutboxBytes);
            _durable = stored.OutboxFirst == 0 ? stored.LastSequence : stored.OutboxFirst - 1;
        }

        _isUnsure = false;
        Changed.Pulse();
    }
}
