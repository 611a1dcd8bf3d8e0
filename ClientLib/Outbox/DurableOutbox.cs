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
    private readonly Dictionary<ulong, OpenReceipt> _receipts = [];
    private readonly OutboxLane[] _lanes;
    private readonly long _laggingBytesMax;
    private readonly EventHub _events;
    private readonly Task _writer;
    private ulong _lastSequence;
    private byte[] _lastHash;
    private int _primary;
    private bool _closed;
    private bool _isUnsure;
    private long _measuredPending;
    private bool _isFull;

    public DurableOutbox(IStateStore store, StoredState stored, IReadOnlyList<RelayAddress> relays, KeyRing keys, GroupId group, DeviceId self, EventHub events, SyncOptions options)
    {
        (_store, _keys, _group, _self, _events, _time, _bytesMax, _laggingBytesMax) = (store, keys, group, self, events, options.Time, options.OutboxBytesMax, options.LaggingBytesMax);
        _lastHash = stored.LastHash;
        _lanes = [.. relays.Select(r => new OutboxLane(r))];
        Take(stored);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Pulses when something came, was acknowledged or was refused.</summary>
    public Signal Changed { get; } = new();

    /// <summary>The last sequence; how far the relay that has the most has them; what no relay has.</summary>
    public (ulong LastSequence, ulong Durable, long Blobs, long Bytes) Counters
    {
        get
        {
            lock (_gate)
            {
                var furthest = OutboxRules.Furthest(States());
                return (_lastSequence, furthest.Delivered, furthest.Blobs, furthest.Bytes);
            }
        }
    }

    /// <summary>How a relay stands, and why nothing goes there (null if nothing stands in the way).</summary>
    public (LaneState State, SyncException? Problem) Lane(int relay)
    {
        lock (_gate) return (_lanes[relay].State, _lanes[relay].Problem);
    }

    /// <summary>Why nothing is sent to anybody, for a person; null if nothing stands in the way.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate) return (Restored() ?? Blocked())?.Message;
        }
    }

    /// <summary>Pushes wait for room.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate) return _isFull;
        }
    }

    /// <summary>See <see cref="SyncClient.PushAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/>.</summary>
    public async ValueTask<PushReceipt> PushAsync(ReadOnlyMemory<byte> payload, string? label, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.push");
        var startedAt = _time.GetTimestamp();
        Check(payload, label);
        await RoomAsync(cancellationToken).ConfigureAwait(false);
        var waiting = new Waiting(payload, string.IsNullOrEmpty(label) ? null : label);
        await EnqueueAsync(waiting, cancellationToken).ConfigureAwait(false);

        // Not cancelled from here on: the writer reads the caller's buffer.
        var receipt = await waiting.Done.Task.ConfigureAwait(false);
        ClientTelemetry.PushTook(_time.GetElapsedTime(startedAt));
        return receipt;
    }

    /// <summary>Refuses what no blob can hold.</summary>
    /// <exception cref="ArgumentException">The payload or the label is too large.</exception>
    public static void Check(ReadOnlyMemory<byte> payload, string? label)
    {
        if (payload.Length > WireLimits.PayloadBytesMax) throw new ArgumentException($"A payload has at most {WireLimits.PayloadBytesMax} bytes; this one has {payload.Length}. Split it.", nameof(payload));
        if (label is not null && Encoding.UTF8.GetByteCount(label) > Envelope.LabelBytesMax) throw new ArgumentException($"A label has at most {Envelope.LabelBytesMax} bytes of UTF-8.", nameof(label));
    }

    private async ValueTask RoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Changed.Next;
            lock (_gate)
            {
                if (Restored() is { } copy) throw copy;
                var unsent = OutboxRules.Furthest(States());
                if (unsent.Bytes < _bytesMax) return;
                if (!_isFull) _events.Publish(new OutboxFull(_time.GetUtcNow(), unsent.Blobs, unsent.Bytes));
                _isFull = true;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask EnqueueAsync(Waiting waiting, CancellationToken cancellationToken)
    {
        try
        {
            await _incoming.Writer.WriteAsync(waiting, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new SyncException(ErrorCode.None, "The client is closed: nothing more can be pushed.", e);
        }
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

    /// <summary>A relay has these on stable storage; they are all that was sent to it before, in order. What no relay is still to get leaves the outbox.</summary>
    public void Acknowledged(int relay, IReadOnlyList<(OutboxEntry Entry, Cursor Cursor)> entries)
    {
        if (entries.Count == 0) return;
        try
        {
            lock (_storing) Deliver(relay, entries);
        }
        finally
        {
            // The relay has them, even if this can't be noted here now.
            lock (_gate)
            {
                foreach (var (entry, cursor) in entries)
                {
                    if (!_receipts.TryGetValue(entry.Sequence, out var receipt)) continue;
                    receipt.Note(relay, cursor);
                    if (relay != _primary) continue;
                    Complete(receipt, relay);
                    _receipts.Remove(entry.Sequence);
                }
            }

            Changed.Pulse();
        }
    }

    /// <summary>Another relay's acknowledgement counts from now on: what it has already is durable.</summary>
    public void SetPrimary(int relay)
    {
        lock (_gate)
        {
            _primary = relay;
            foreach (var sequence in _receipts.Keys.Where(s => s <= _lanes[relay].State.Delivered).ToList())
                if (_receipts.Remove(sequence, out var receipt)) Complete(receipt, relay);
        }

        Changed.Pulse();
    }

    /// <summary>A relay refused a blob for good; what waits stays, and once every relay has refused, who waits is told.</summary>
    public void Refused(int relay, SyncException why)
    {
        bool isOver;
        lock (_gate)
        {
            _lanes[relay].Refused = why;
            isOver = _lanes.All(l => l.Refused is not null || l.State.IsGivenUp);
        }

        if (isOver) FailReceipts(why);
        Changed.Pulse();
    }

    /// <summary>A relay is not tried any more; null: it is tried again.</summary>
    public void Stopped(int relay, SyncException? why)
    {
        lock (_gate) _lanes[relay].Stopped = why;
        Changed.Pulse();
    }

    /// <summary>The relay's refusal no longer stands in the way of a try.</summary>
    public void TryAgain(int relay)
    {
        lock (_gate) (_lanes[relay].Refused, _lanes[relay].IsCopyThere) = (null, false);
    }

    /// <summary>A relay says that this state is an old copy: nothing is pushed to it. Its word alone does not stop the others; once all say so, nothing may be pushed any more.</summary>
    public void Restored(int relay, SyncException why)
    {
        lock (_gate) _lanes[relay].IsCopyThere = true;
        Refused(relay, why);
    }

    /// <summary>Waits until a sequence is acknowledged.</summary>
    public async Task WaitDurableAsync(ulong sequence, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Changed.Next;
            lock (_gate)
            {
                if (_lanes[_primary].State.Delivered >= sequence) return;
                if ((Restored() ?? Blocked()) is { } why) throw new SyncException(why.Code, why.Message, why);
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
        List<OpenReceipt> open;
        lock (_gate)
        {
            _closed = true;
            open = [.. _receipts.Values];
            _receipts.Clear();
            MeasurePending(0);
        }

        foreach (var receipt in open) receipt.Durable.TrySetCanceled(CancellationToken.None);
        Changed.Pulse();
    }

    private void Complete(OpenReceipt receipt, int relay)
    {
        receipt.Complete(relay);
        ClientTelemetry.Durable(_time.GetElapsedTime(receipt.StartedAt));
    }

    // Under the gate: what no relay has is measured as it changes.
    private void MeasurePending(LaneState unsent)
    {
        if (unsent.Bytes < _bytesMax) _isFull = false;
        MeasurePending(unsent.Blobs);
    }

    private void MeasurePending(long pending)
    {
        ClientTelemetry.Pending(pending - _measuredPending);
        _measuredPending = pending;
    }

    // All that wait: blobs go in order, so none behind the refused one is sent either.
    private void FailReceipts(SyncException why)
    {
        List<OpenReceipt> open;
        lock (_gate)
        {
            open = [.. _receipts.Values];
            _receipts.Clear();
        }

        foreach (var receipt in open) Fail(receipt, why);
    }

    private static void Fail(OpenReceipt receipt, SyncException why)
    {
        receipt.Durable.TrySetException(new SyncException(why.Code, why.Message, why));

        // Looked at here: an app need not await every receipt.
        _ = receipt.Durable.Task.Exception;
    }

    // Under the gate: why no relay takes anything; null while one does.
    private SyncException? Blocked() => _lanes.All(l => l.Problem is not null) ? _lanes[_primary].Problem : null;

    // Under the gate: why nothing may be pushed at all, where every relay that is still sent to says that this state is a copy.
    private SyncException? Restored() => _lanes.All(l => l.IsCopyThere || l.State.IsGivenUp) ? _lanes.FirstOrDefault(l => l.IsCopyThere)?.Refused : null;

    private LaneState[] States() => [.. _lanes.Select(l => l.State)];

    /// <summary>A blob that is not sealed yet, and who waits for its receipt.</summary>
    internal sealed record Waiting(ReadOnlyMemory<byte> Payload, string? Label)
    {
        /// <summary>A constant: names and labels are the users' own.</summary>
        public override string ToString() => "[blob]";

        /// <summary>The id that it has in the app's own database; null: it gets a fresh one.</summary>
        public BlobId? Taken { get; init; }

        public TaskCompletionSource<PushReceipt> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
