using ZeroK.Client;
using ZeroK.Client.Outbox;
using ZeroK.Client.Store;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>A fault of the product, planted to see that the simulator finds it. This one is none. One more bug is one class and one row of <see cref="PlantedBugs"/>.</summary>
internal class PlantedBug
{
    /// <summary>After which cursor a device asks for the next page.</summary>
    public virtual Cursor PullAfter(SimDevice device, int relay, Cursor after) => after;

    /// <summary>Whether a device asks for another page.</summary>
    /// <param name="isBehind">There is more up to the head.</param>
    /// <param name="head">The relay's head as the device knows it.</param>
    /// <param name="headAtLastPull">The head when it asked last in this session.</param>
    public virtual bool IsBehind(bool isBehind, Cursor head, Cursor headAtLastPull) => isBehind;

    /// <summary>What a device tells a relay that it has.</summary>
    public virtual Cursor AckTarget(SimDevice device, int relay, Cursor target) => target;

    /// <summary>What a device takes a WELCOME for.</summary>
    public virtual Welcome Welcome(SimDevice device, int relay, Welcome welcome) => welcome;

    /// <summary>Whether a device reports something.</summary>
    public virtual bool Tells(SimDevice device, SyncEvent happened) => true;

    /// <summary>Whether an acknowledged push counts though an earlier one is not.</summary>
    public virtual bool SettlesInAnyOrder => false;

    /// <summary>Whether the relay drops what the only device of a group has pushed.</summary>
    public virtual bool ForgetsAlone => false;

    /// <summary>A device sent these.</summary>
    public virtual void Sent(SimDevice device, int relay, IReadOnlyList<OutboxEntry> entries) { }

    /// <summary>A relay acknowledged these.</summary>
    public virtual void Acknowledged(SimDevice device, int relay, IReadOnlyList<(OutboxEntry Entry, Cursor Cursor)> entries) { }

    /// <summary>A session begins to sync.</summary>
    public virtual void SessionBegan(SimDevice device, int relay) { }

    /// <summary>What a device's disk is told.</summary>
    public virtual IReadOnlyList<InboundChange> Committed(IReadOnlyList<InboundChange> changes) => changes;

    /// <summary>Whether the relay answers a push before it is durable.</summary>
    public virtual bool AnswersBeforeDurable => false;

    /// <summary>Whether an activation answers HELLO and PULL without asking the store if it is still the owner.</summary>
    public virtual bool AnswersUnconfirmed => false;

    /// <summary>Whether a device sends several pushes at once to a relay that has nothing of it yet.</summary>
    public virtual bool PushesAtOnce => false;

    /// <summary>The relay's store.</summary>
    public virtual IGroupStore Store(MemoryDisk disk) => new MemoryGroupStore(disk);
}

/// <summary>All planted bugs: each must be found.</summary>
internal static class PlantedBugs
{
    public static IReadOnlyList<(string Name, Func<PlantedBug> Create)> All { get; } =
    [
        ("own push moves the read cursor", () => new OwnPushMovesCursor()),
        ("cursor moved past an undecryptable blob", () => new PastUndecryptable()),
        ("has-more ignored", () => new HasMoreIgnored()),
        ("acknowledgement before durability", () => new AckBeforeDurable()),
        ("double cursor after duplicate activation", () => new Unfenced()),
        ("retry creates a second copy", () => new RetryCopies()),
        ("another relay's cursor used after failover", () => new ForeignCursor()),
        ("outbox entry removed before its acknowledgement", () => new RemovedEarly()),
        ("superseded activation answers reads", () => new Unconfirmed()),
        ("first pushes overtake each other", () => new AllAtOnce()),
        ("forgets with one device", () => new Alone()),
        ("chain unchecked behind a hole", () => new UncheckedBehindHole()),
        ("log id of WELCOME ignored", () => new LogIdIgnored()),
        ("acknowledges past a quarantined blob", () => new AckPastQuarantine()),
        ("out-of-order acknowledgements settle", () => new AnyOrder()),
    ];

    private sealed class OwnPushMovesCursor : PlantedBug
    {
        private readonly Dictionary<(SimDevice, int), Cursor> _own = [];

        public override void Acknowledged(SimDevice device, int relay, IReadOnlyList<(OutboxEntry Entry, Cursor Cursor)> entries) => _own[(device, relay)] = entries[^1].Cursor;

        public override Cursor PullAfter(SimDevice device, int relay, Cursor after) =>
            _own.GetValueOrDefault((device, relay)) is var own && own > after ? own : after;
    }

    private sealed class PastUndecryptable : PlantedBug
    {
        public override IReadOnlyList<InboundChange> Committed(IReadOnlyList<InboundChange> changes) => [.. changes.Where(c => c is not QuarantineAdded)];
    }

    private sealed class HasMoreIgnored : PlantedBug
    {
        public override bool IsBehind(bool isBehind, Cursor head, Cursor headAtLastPull) => isBehind && head > headAtLastPull;
    }

    private sealed class AckBeforeDurable : PlantedBug
    {
        public override bool AnswersBeforeDurable => true;
    }

    private sealed class Unfenced : PlantedBug
    {
        public override IGroupStore Store(MemoryDisk disk) => new UnfencedStore(disk);
    }

    private sealed class Unconfirmed : PlantedBug
    {
        public override bool AnswersUnconfirmed => true;
    }

    private sealed class AllAtOnce : PlantedBug
    {
        public override bool PushesAtOnce => true;
    }

    private sealed class Alone : PlantedBug
    {
        public override bool ForgetsAlone => true;
    }

    private sealed class UncheckedBehindHole : PlantedBug
    {
        public override bool Tells(SimDevice device, SyncEvent happened) =>
            happened is not ChainBroken broken || !device.Events.OfType<Omission>().Any(o => o.Sender == broken.Sender && o.LastSequence < broken.Sequence);
    }

    private sealed class LogIdIgnored : PlantedBug
    {
        public override Welcome Welcome(SimDevice device, int relay, Welcome welcome) =>
            device.Inbox!.Relay(relay).LogId is { IsEmpty: false } known ? welcome with { LogId = known } : welcome;
    }

    private sealed class AckPastQuarantine : PlantedBug
    {
        public override Cursor AckTarget(SimDevice device, int relay, Cursor target) => device.Inbox!.Relay(relay).Received;
    }

    private sealed class AnyOrder : PlantedBug
    {
        public override bool SettlesInAnyOrder => true;
    }

    private sealed class RetryCopies : PlantedBug
    {
        // What is still in the outbox when a session begins is sealed and appended once more.
        public override void SessionBegan(SimDevice device, int relay)
        {
            if (device.Outbox!.Read(device.Outbox.Lane(relay).State.Delivered + 1, 1, 1) is not [var entry]) return;
            if (device.Texts.TryGetValue(entry.Sequence, out var text)) device.Outbox.Accept([new DurableOutbox.Waiting(text, null)]);
        }
    }

    private sealed class ForeignCursor : PlantedBug
    {
        public override Cursor PullAfter(SimDevice device, int relay, Cursor after)
        {
            for (var other = 0; other < device.Sessions.Count; other++)
                if (device.Inbox!.Fetched(other) > after) after = device.Inbox.Fetched(other);
            return after;
        }
    }

    private sealed class RemovedEarly : PlantedBug
    {
        public override void Sent(SimDevice device, int relay, IReadOnlyList<OutboxEntry> entries)
        {
            if (device.Sessions.Count == 1) device.Disk.SaveDelivery(new DeliveryState(device.Relays[relay].Fingerprint, entries[^1].Sequence, IsGivenUp: false), entries[^1].Sequence);
        }
    }
}
