using System.Text;
using System.Threading.Channels;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Client.Sync;
using ZeroK.Wire;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Outbox;

/// <summary>Seals what the app pushes and keeps it until the relay has it. One writer gives sequences, seals, and commits what waits in one transaction.</summary>
internal sealed partial class DurableOutbox : IAsyncDisposable
{
    private const int CommitBlobsMax = 512;
    private const int CommitBytesMax = 8 * 1024 * 1024;

    // Held while the store and what is known of it change together; taken before the gate.
    private readonly Lock _storing = new();
    private readonly Lock _gate = new();
    private readonly IStateStore _store;
    private readonly KeyRing _keys;
    private readonly GroupId _group;
    private readonly DeviceId _self;
    private readonly TimeProvider _time;
    private readonly long _bytesMax;
    private readonly Channel<Waiting> _incoming = NewChannel.CreateBounded<Waiting>(new BoundedChannelOptions(CommitBlobsMax) { SingleReader = true });
    private readonly Dictionary<ulong, TaskCompletionSource<Cursor>> _receipts = [];
    private readonly Task _writer;
    private ulong _lastSequence;
    private byte[] _lastHash;
    private ulong _durable;
    private long _blobs, _bytes;
    private SyncException? _refused, _restored;
    private bool _closed;
    private bool _isUnsure;

    public DurableOutbox(IStateStore store, StoredState stored, KeyRing keys, GroupId group, DeviceId self, SyncOptions options)
    {
        (_store, _keys, _group, _self, _time, _bytesMax) = (store, keys, group, self, options.Time, options.OutboxBytesMax);
        (_lastSequence, _lastHash, _blobs, _bytes) = (stored.LastSequence, stored.LastHash, stored.OutboxBlobs, stored.OutboxBytes);
        _durable = stored.OutboxFirst == 0 ? stored.LastSequence : stored.OutboxFirst - 1;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Pulses when something came, was acknowledged or was refused.</summary>
    public Signal Changed { get; } = new();

    public (ulong LastSequence, ulong Durable, long Blobs, long Bytes) Counters
    {
        get
        {
            lock (_gate) return (_lastSequence, _durable, _blobs, _bytes);
        }
    }

    /// <summary>Why nothing is sent, for a person; null if nothing stands in the way.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate) return (_restored ?? _refused)?.Message;
        }
    }

    /// <summary>See <see cref="SyncClient.PushAsync"/>.</summary>
    public async ValueTask<PushReceipt> PushAsync(ReadOnlyMemory<byte> payload, string? label, CancellationToken cancellationToken)
    {
        if (payload.Length > WireLimits.PayloadBytesMax) throw new ArgumentException($"A payload has at most {WireLimits.PayloadBytesMax} bytes; this one has {payload.Length}. Split it.", nameof(payload));
        if (label is not null && Encoding.UTF8.GetByteCount(label) > Envelope.LabelBytesMax) throw new ArgumentException($"A label has at most {Envelope.LabelBytesMax} bytes of UTF-8.", nameof(label));
        while (true)
        {
            var changed = Changed.Next;
            lock (_gate)
            {
                if (_restored is not null) throw _restored;
                if (_bytes < _bytesMax) break;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var waiting = new Waiting(payload, string.IsNullOrEmpty(label) ? null : label);
        try
        {
            await _incoming.Writer.WriteAsync(waiting, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new SyncException(ErrorCode.None, "The client is closed: nothing more can be pushed.", e);
        }

        // Not cancelled from here on: the writer reads the caller's buffer.
        return await waiting.Done.Task.ConfigureAwait(false);
    }

    /// <summary>Entries to send, from a sequence on.</summary>
    /// <exception cref="IOException">The store can't be read back after one of its steps failed.</exception>
    public IReadOnlyList<OutboxEntry> Read(ulong from, int blobsMax, long bytesMax)
    {
        lock (_storing)
        {
            if (_isUnsure) ReadBack();
        }

        lock (_gate)
        {
            if (from > _lastSequence) return [];
        }

        return _store.ReadOutbox(from, blobsMax, bytesMax);
    }

    /// <summary>The relay has these on stable storage; they are all that was sent before, in order. Now they leave the outbox.</summary>
    public void Acknowledged(IReadOnlyList<(OutboxEntry Entry, Cursor Cursor)> entries)
    {
        if (entries.Count == 0) return;
        try
        {
            lock (_storing)
            {
                RemoveThrough(entries[^1].Entry.Sequence);
                lock (_gate)
                {
                    _refused = null;
                    foreach (var (entry, _) in entries)
                    {
                        // Sent twice and acknowledged twice, or counted when the store was read back: once is enough.
                        if (entry.Sequence <= _durable) continue;
                        _durable = entry.Sequence;
                        _blobs--;
                        _bytes -= entry.Envelope.Length;
                    }
                }
            }
        }
        finally
        {
            // The relay has them, even if this can't be noted here now.
            foreach (var (entry, cursor) in entries) TakeReceipt(entry.Sequence)?.TrySetResult(cursor);
            Changed.Pulse();
        }
    }

    /// <summary>The relay refused for good; what waits stays, and who waits is told.</summary>
    public void Refused(SyncException why)
    {
        lock (_gate) _refused = why;
        FailReceipts(why);
        Changed.Pulse();
    }

    /// <summary>The relay's refusal no longer stands in the way of a try.</summary>
    public void TryAgain()
    {
        lock (_gate) _refused = null;
    }

    /// <summary>This state is an old copy: nothing may be pushed any more.</summary>
    public void Restored(SyncException why)
    {
        lock (_gate) _restored = _refused = why;
        FailReceipts(why);
        Changed.Pulse();
    }

    /// <summary>Waits until a sequence is acknowledged.</summary>
    public async Task WaitDurableAsync(ulong sequence, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Changed.Next;
            lock (_gate)
            {
                if (_durable >= sequence) return;
                if (_refused is not null) throw new SyncException(_refused.Code, _refused.Message, _refused);
                if (_closed) throw new SyncException(ErrorCode.None, "The client was closed before everything was sent; it stays in the outbox.");
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Commits what was accepted and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        _incoming.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
        List<TaskCompletionSource<Cursor>> open;
        lock (_gate)
        {
            _closed = true;
            open = [.. _receipts.Values];
            _receipts.Clear();
        }

        foreach (var receipt in open) receipt.TrySetCanceled(CancellationToken.None);
        Changed.Pulse();
    }

    // All that wait: blobs go in order, so none behind the refused one is sent either.
    private void FailReceipts(SyncException why)
    {
        List<TaskCompletionSource<Cursor>> open;
        lock (_gate)
        {
            open = [.. _receipts.Values];
            _receipts.Clear();
        }

        foreach (var receipt in open) Fail(receipt, why);
    }

    private static void Fail(TaskCompletionSource<Cursor> receipt, SyncException why)
    {
        receipt.TrySetException(new SyncException(why.Code, why.Message, why));

        // Looked at here: an app need not await every receipt.
        _ = receipt.Task.Exception;
    }

    private TaskCompletionSource<Cursor>? TakeReceipt(ulong sequence)
    {
        lock (_gate) return _receipts.Remove(sequence, out var receipt) ? receipt : null;
    }

    private sealed record Waiting(ReadOnlyMemory<byte> Payload, string? Label)
    {
        public TaskCompletionSource<PushReceipt> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
