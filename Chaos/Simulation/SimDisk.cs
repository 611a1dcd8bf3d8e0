using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>A device's disk: what returned is on it. A step may fail, before or after it happened, and the device may die at any step, before or after it happened.</summary>
internal sealed class SimDisk(World world, MemoryStateStore disk, double fault, PlantedBug bug) : IStateStore
{
    /// <summary>The device died: this process takes no step any more.</summary>
    public bool IsDead { get; private set; }

    public void Die() => IsDead = true;

    /// <summary>The same disk in the device's next life.</summary>
    public SimDisk Reopened(double nextFault) => new(world, disk, nextFault, bug);

    /// <summary>What is on it, for the judges: no step of the device.</summary>
    public IReadOnlyList<QuarantinedBlob> Quarantine => disk.ReadQuarantine();

    public StoredState Load() => Step("loads", disk.Load, isWrite: false);

    public void Append(IReadOnlyList<OutboxEntry> entries, byte[] lastHash) => Write("appends", () => disk.Append(entries, lastHash));

    public void ForgetTaken(IReadOnlyList<BlobId> blobs) => Write("forgets taken", () => disk.ForgetTaken(blobs));

    public void SaveDelivery(DeliveryState delivery, ulong removeThrough) => Write("saves delivery", () => disk.SaveDelivery(delivery, removeThrough));

    public IReadOnlyList<OutboxEntry> ReadOutbox(ulong from, int blobsMax, long bytesMax) => Step("reads outbox", () => disk.ReadOutbox(from, blobsMax, bytesMax), isWrite: false);

    public void SaveRelay(RelayState relay) => Write("saves relay", () => disk.SaveRelay(relay));

    public void CommitInbound(IReadOnlyList<RelayState> relays, IReadOnlyList<InboundChange> changes) => Write("commits", () => disk.CommitInbound(relays, bug.Committed(changes)));

    public IReadOnlyList<QuarantinedBlob> ReadQuarantine() => Step("reads quarantine", disk.ReadQuarantine, isWrite: false);

    public void Dispose()
    {
        // The disk outlives the process.
    }

    private void Write(string what, Action step) => Step(what, () =>
    {
        step();
        return true;
    }, isWrite: true);

    private T Step<T>(string what, Func<T> step, bool isWrite)
    {
        if (IsDead) throw new IOException("The process is dead.");
        if (!isWrite || fault == 0 || !world.Fault(fault, "disk fault: device " + what)) return step();
        var (dies, happens) = (world.Chance(0.6), world.Chance(0.5));
        if (happens) step();
        IsDead = dies;
        throw new IOException(happens ? "The disk failed after the step." : "The disk failed.");
    }
}
