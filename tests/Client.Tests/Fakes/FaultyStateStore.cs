using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>A store whose next step fails: before its commit, or after it, as a disk may do.</summary>
internal sealed class FaultyStateStore(IStateStore inner) : IStateStore
{
    private readonly Lock _gate = new();
    private readonly Queue<bool> _appends = [];
    private readonly Queue<bool> _acknowledges = [];
    private readonly Queue<bool> _commits = [];
    private readonly Queue<bool> _forgets = [];
    private int _loads;

    /// <summary>The next Append throws; true: although it happened.</summary>
    public void FailAppend(bool happens)
    {
        lock (_gate) _appends.Enqueue(happens);
    }

    /// <summary>The next SaveDelivery throws; true: although it happened.</summary>
    public void FailAcknowledge(bool happens)
    {
        lock (_gate) _acknowledges.Enqueue(happens);
    }

    /// <summary>The next CommitInbound throws; true: although it happened.</summary>
    public void FailCommit(bool happens = false)
    {
        lock (_gate) _commits.Enqueue(happens);
    }

    /// <summary>Changes that can't be stored: a commit with one of them is refused as a whole, and it is not the disk's fault.</summary>
    public Func<InboundChange, bool> CannotHold { get; set; } = _ => false;

    /// <summary>The next ForgetTaken throws, and nothing was forgotten.</summary>
    public void FailForget()
    {
        lock (_gate) _forgets.Enqueue(false);
    }

    /// <summary>The next loads throw.</summary>
    public void FailLoads(int count) => Volatile.Write(ref _loads, count);

    public StoredState Load() => Interlocked.Decrement(ref _loads) >= 0 ? throw new IOException("load") : inner.Load();

    public void Append(IReadOnlyList<OutboxEntry> entries, byte[] lastHash) => Fail(_appends, () => inner.Append(entries, lastHash));

    public void ForgetTaken(IReadOnlyList<BlobId> blobs) => Fail(_forgets, () => inner.ForgetTaken(blobs));

    public void SaveDelivery(DeliveryState delivery, ulong removeThrough) => Fail(_acknowledges, () => inner.SaveDelivery(delivery, removeThrough));

    public IReadOnlyList<OutboxEntry> ReadOutbox(ulong from, int blobsMax, long bytesMax) => inner.ReadOutbox(from, blobsMax, bytesMax);

    public void SaveRelay(RelayState relay) => inner.SaveRelay(relay);

    public void CommitInbound(IReadOnlyList<RelayState> relays, IReadOnlyList<InboundChange> changes)
    {
        if (changes.Any(CannotHold)) throw new OverflowException("row");
        Fail(_commits, () => inner.CommitInbound(relays, changes));
    }

    public IReadOnlyList<QuarantinedBlob> ReadQuarantine() => inner.ReadQuarantine();

    public void Dispose() => inner.Dispose();

    private void Fail(Queue<bool> faults, Action step)
    {
        bool fails, happens;
        lock (_gate) fails = faults.TryDequeue(out happens);
        if (!fails || happens) step();
        if (fails) throw new IOException("commit");
    }
}
