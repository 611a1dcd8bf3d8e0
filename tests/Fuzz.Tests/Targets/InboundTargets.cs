using System.Buffers;
using System.Buffers.Binary;
using ZeroK.Client;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Client.Sync;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Wire;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>Everything that a relay and a member can send, as far as the disk: frames, rules, inbox and a real store. The bytes are a script of messages, 18 bytes each; blobs in them are sealed with the group's keys, whatever their headers say.</summary>
internal static class InboundTargets
{
    private const int StepBytes = 18, QuarantineMax = 16;
    private static readonly string Root = Directory.CreateTempSubdirectory("zerok-fuzz-").FullName;
    private static readonly GroupSecret Secret = GroupSecret.Import(Enumerable.Range(0, GroupSecret.Size).Select(i => (byte)i).ToArray(), source: null);
    private static readonly KeyRing Keys = new(Secret, 1);
    private static readonly GroupId Group = new(Enumerable.Repeat((byte)9, 32).ToArray());
    private static readonly DeviceId Self = Device(0);
    private static readonly SyncOptions Options = SyncOptions.Default with { QuarantineBlobsMax = QuarantineMax, QuarantineBytesMax = 64 * 1024 };
    private static readonly RelayLimits Limits = new(1, 1, 1, 1, 1, 1, 1, 1);
    private static readonly RelayAddress[] Relays = [Relay(1), Relay(2)];

    static InboundTargets() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(Root, recursive: true);

    public static FuzzTarget Inbound { get; } = new("inbound", [Script((0, 0, 3, 1), (1, 1, 1, 1), (1, 1, 2, 2), (3, 0, 5, 0), (1, 2, 1, 1), (4, 0, 0, 0)), Script((0, 0, 9, 4), (2, 1, 7, 3), (5, 3, 1, 1), (6, 2, 4, 2), (0, 5, 2, 1))], Run)
    {
        AllocationBytesMax = static _ => 64 * 1024 * 1024,
        InputBytesMax = 40 * StepBytes,
    };

    // One hostile relay plays the script; then the store is opened again, and an honest relay must get through to the app and to the disk.
    private static object? Run(byte[] bytes)
    {
        var path = Path.Combine(Root, Guid.NewGuid().ToString("N"));
        try
        {
            using (var store = new SqliteStateStore(path))
            {
                var inbox = Open(store);
                for (var at = 0; at + StepBytes <= bytes.Length; at += StepBytes) Play(inbox, bytes.AsSpan(at, StepBytes).ToArray());
                TakeAll(inbox);
                Bounded(store.Load());
                Honest(inbox, sequence: 1);
            }

            using var again = new SqliteStateStore(path);
            Honest(Open(again), sequence: 2);
            return "played";
        }
        finally
        {
            foreach (var file in Directory.GetFiles(Root, Path.GetFileName(path) + "*")) File.Delete(file);
        }
    }

    private static Inbox Open(SqliteStateStore store) => new(store, store.Load(), Relays, Keys, Group, Self, new EventHub(), Options);

    private static void Play(Inbox inbox, byte[] step)
    {
        var (a, b) = (BinaryPrimitives.ReadUInt64BigEndian(step.AsSpan(2)), BinaryPrimitives.ReadUInt64BigEndian(step.AsSpan(10)));
        var after = inbox.Fetched(0);
        WireMessage message = (step[0] % 7) switch
        {
            0 => new Welcome(Enumerable.Repeat(step[1], 16).ToArray(), new Cursor(a), new Cursor(b), Cursor.Zero, 0, default, a, 2, Limits),
            1 or 2 => new PullResponse(after.Next, after.Next, new Cursor(Math.Max(a, after.Value + 1)), Cursor.Zero, [Blob(after.Next, step, a, b)]),
            3 => new Notify(new Cursor(a)),
            4 => new Presence(PresenceState.Active, new Cursor(a), b, 1),
            5 => new PullResponse(after.Next, after.Next, new Cursor(Math.Max(a, after.Value + 1)), Cursor.Zero, [new PulledBlob(after.Next, (BlobState)(step[1] % 4), Device(step[1]), b, BlobId.New(), a, default)]),
            _ => new PullResponse(new Cursor(a), new Cursor(a == 0 ? 0 : a - 1), new Cursor(b), new Cursor(a), []),
        };
        if (Sent(message) is not { } came) return;
        switch (came)
        {
            case Welcome welcome when WelcomeRules.Problem(welcome) is null:
                inbox.Welcomed(0, welcome);
                break;
            case PullResponse page when PageRules.Problem(inbox.Fetched(0), page) is null:
                inbox.Take(0, page, inbox.Relay(0).Head);
                if (step[1] % 2 == 0) TakeAll(inbox);
                break;
            case Notify notify:
                inbox.HeadMoved(0, notify.Head);
                break;
            case Presence presence:
                inbox.HeadMoved(0, presence.Head);
                break;
            default:
                break;
        }
    }

    // A blob whose sealed header says what the script says, or that does not open.
    private static PulledBlob Blob(Cursor cursor, byte[] step, ulong sequence, ulong claimed)
    {
        var (sender, id) = (Device(step[1]), BlobId.New());
        var envelope = Envelope.Seal(Keys, Group, id, new EnvelopeHeader(sender, sequence, new byte[32], claimed, null), step);
        if (step[0] % 7 == 2) envelope[^1] ^= 1;
        return new PulledBlob(cursor, BlobState.Present, sender, claimed, id, sequence, envelope);
    }

    private static void Honest(Inbox inbox, ulong sequence)
    {
        var sender = new DeviceId([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        if (sequence == 1) inbox.Welcomed(1, new Welcome(new byte[16], Cursor.Zero, new Cursor(1), Cursor.Zero, 0, default, 1, 2, Limits));
        var id = BlobId.New();
        var envelope = Envelope.Seal(Keys, Group, id, new EnvelopeHeader(sender, 1_000_000 + sequence, new byte[32], 1000, "honest"), "honest"u8);
        var cursor = new Cursor(sequence);
        inbox.Take(1, new PullResponse(cursor, cursor, cursor, Cursor.Zero, [new PulledBlob(cursor, BlobState.Present, sender, 1_000_000 + sequence, id, 1, envelope)]));
        if (TakeAll(inbox) == 0) throw new InvalidOperationException("An honest relay's blob was not handed over.");
        if (inbox.AckTarget(1) != cursor) throw new InvalidOperationException("An honest relay is not told what the app has.");
    }

    private static int TakeAll(Inbox inbox)
    {
        var count = 0;
        for (; inbox.TryHand() is { } blob; count++) blob.AckAsync().AsTask().GetAwaiter().GetResult();
        return count;
    }

    private static void Bounded(StoredState state)
    {
        if (state.Quarantine.Count > QuarantineMax + 40) throw new InvalidOperationException("The quarantine has no bound.");
        if (state.Relays.Any(r => r.Received.Value > WireLimits.NumberMax || r.Head.Value > WireLimits.NumberMax)) throw new InvalidOperationException("A number was stored that is none.");
    }

    private static WireMessage? Sent(WireMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        WireCodec.Write(bytes, 1, message);
        return WireCodec.TryRead(bytes.WrittenMemory[WireCodec.LengthBytes..], out _, out var read, out _) ? read : null;
    }

    private static DeviceId Device(byte number) => new(Enumerable.Repeat((byte)(number + 1), 32).ToArray());

    private static RelayAddress Relay(byte number) => new("relay.example", 4840, Enumerable.Repeat(number, 32).ToArray());

    private static byte[] Script(params (byte Kind, byte Who, ulong A, ulong B)[] steps)
    {
        var bytes = new byte[steps.Length * StepBytes];
        for (var i = 0; i < steps.Length; i++)
        {
            var at = bytes.AsSpan(i * StepBytes);
            (at[0], at[1]) = (steps[i].Kind, steps[i].Who);
            BinaryPrimitives.WriteUInt64BigEndian(at[2..], steps[i].A);
            BinaryPrimitives.WriteUInt64BigEndian(at[10..], steps[i].B);
        }

        return bytes;
    }
}
