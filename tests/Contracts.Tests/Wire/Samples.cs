using CsCheck;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Wire;

/// <summary>One fixed message a type for the golden bytes, and generators of any.</summary>
internal static class Samples
{
    private static readonly DeviceId Device = new(Run(0x20, 32));
    private static readonly BlobId Blob = new(Run(0x40, 16));
    private static readonly RelayLimits Limits = new(1_114_112, 256, 4_194_304, 100, 4_194_304, 104_857_600, 604_800, 20);

    /// <summary>One row a message type, with the number of its fields once that has grown; its bytes are in golden/messages.hex.</summary>
    public static readonly IReadOnlyDictionary<string, WireMessage> Fixed = new Dictionary<string, WireMessage>
    {
        ["HELLO"] = new Hello(new GroupId(Run(0, 32)), Run(0x20, 32), Run(0x60, 32), Run(0x80, 64), true, Run(1, 3)),
        ["WELCOME/10"] = new Welcome(Run(0x10, 16), new Cursor(300), new Cursor(2), new Cursor(299), 70_000, Blob.ToArray(), 1_700_000_000_000, 3, Limits, "[2001:db8::7]:4840"),
        ["WELCOME/streams"] = new Welcome(Run(0x10, 16), new Cursor(300), new Cursor(2), new Cursor(299), 70_000, Blob.ToArray(), 1_700_000_000_000, 3, Limits with { StreamsMax = 8 }),
        ["BYE"] = new Bye(ErrorCode.RelayShuttingDown, 5000, "later"),
        ["OK"] = new Ok(),
        ["PUSH"] = new Push([new PushBlob(Blob, 1, Run(0xA0, 5)), new PushBlob(new BlobId(Run(0x50, 16)), 2, Run(0xB0, 1))]),
        ["PUSH_ACK"] = new PushAck([new PushResult(Blob, ErrorCode.None, new Cursor(9), 1_700_000_000_000, 0), new PushResult(new BlobId(Run(0x50, 16)), ErrorCode.RateLimited, Cursor.Zero, 0, 250)]),
        ["PULL"] = new Pull(new Cursor(8), 100, 4_194_304),
        ["PULL_RESPONSE"] = new PullResponse(new Cursor(9), new Cursor(10), new Cursor(12), new Cursor(3),
        [
            new PulledBlob(new Cursor(9), BlobState.Present, Device, 4, Blob, 1_700_000_000_000, Run(0xA0, 5)),
            new PulledBlob(new Cursor(10), BlobState.Own, Device, 5, new BlobId(Run(0x50, 16)), 1_700_000_000_001, default),
        ]),
        ["ACK"] = new Ack(new Cursor(WireLimits.NumberMax)),
        ["PRESENCE"] = new Presence(PresenceState.Idle, new Cursor(12), 1_700_000_000_000, 2),
        ["NOTIFY"] = new Notify(new Cursor(128)),
        ["DELETE"] = new Delete([Blob]),
        ["REVOKE_DEVICE"] = new RevokeDevice(Device),
        ["DEVICE_REVOKED"] = new DeviceRevoked(Device),
        ["LIST_DEVICES"] = new ListDevices(),
        ["DEVICES"] = new Devices([new DeviceInfo(Device, Run(1, 3), 1_600_000_000_000, 1_700_000_000_000, new Cursor(8), 70_000, true, false)]),
        ["REGISTER_PUSH"] = new RegisterPush(PushPlatform.UnifiedPush, Run(0xC0, 4)),
        ["UNREGISTER_PUSH"] = new UnregisterPush(),
        ["CONTENT_REF"] = new ContentRef(Run(0xD0, 32), 5_000_000_000),
        ["CONTENT_ACK"] = new ContentAck(Run(0xD0, 32)),
        ["CONTENT_PUT"] = new ContentPut(Run(0xD0, 32), 5_000_000_000),
        ["CONTENT_STATE"] = new ContentState(ErrorCode.None, false, 65_536, 1_073_741_824, 70_000),
        ["CONTENT_PIECE"] = new ContentPiece(Run(0xD0, 32), 65_540, 65_536, 4, Run(0xE0, 6)),
        ["CONTENT_GET"] = new ContentGet(Run(0xD0, 32), 65_540, 65_530, 10),
        ["CONTENT_PART"] = new ContentPart(Run(0xE0, 6)),
        ["CONTENT_RELEASE"] = new ContentRelease(Run(0xD0, 32)),
        ["ERROR"] = new ErrorMessage(ErrorCode.BlobTooLarge, 0, "größer"),
    };

    /// <summary>Golden rows of earlier versions, with fewer fields, and what is read from them now.</summary>
    public static readonly IReadOnlyDictionary<string, WireMessage> Earlier = new Dictionary<string, WireMessage>
    {
        ["WELCOME"] = (Welcome)Fixed["WELCOME/10"] with { Hint = "" },
    };

    /// <summary>Any message within the limits, every type.</summary>
    public static readonly Gen<WireMessage> Any = MakeAny();

    private static Gen<WireMessage> MakeAny()
    {
        var device = Bytes(32).Select(b => new DeviceId(b));
        var blob = Bytes(16).Select(b => new BlobId(b));
        var number = Gen.ULong[0, WireLimits.NumberMax];
        var cursor = number.Select(v => new Cursor(v));
        var code = Gen.UShort.Select(v => (ErrorCode)v);
        var text = Gen.String[0, 100];
        var envelope = Gen.Byte.Array[1, 300];
        var stub = Gen.Byte.Array[0, 300];
        var limits = Gen.Select(Gen.UInt, Gen.UInt, Gen.ULong, (a, b, c) => new RelayLimits(a, b, a ^ b, b, a, c, b, a, a & b));
        var result = Gen.Select(blob, code, cursor, Gen.ULong, Gen.UInt, (i, c, k, t, r) => new PushResult(i, c, k, t, r));
        var pulled = Gen.Select(cursor, Gen.Enum<BlobState>(), device, number, blob, stub, (c, s, d, n, i, e) => new PulledBlob(c, s, d, n, i, n, e));
        var info = Gen.Select(device, stub, number, cursor, Gen.Bool, (d, n, t, c, o) => new DeviceInfo(d, n, t, t, c, t, o, !o));
        return Gen.OneOf<WireMessage>(
            Gen.Select(Bytes(32), Bytes(32), Bytes(32), Bytes(64), Gen.Bool, stub, (g, d, k, s, c, n) => (WireMessage)new Hello(new GroupId(g), d, k, s, c, n)),
            Gen.Select(Bytes(16), cursor, cursor, number, Bytes(16), Gen.UInt, limits, (l, h, a, s, b, d, m) => (WireMessage)new Welcome(l, h, a, a, s, b, s, d, m, d % 2 == 0 ? "" : $"relay-{d}.example:{d % 65_536}")),
            Gen.Select(code, Gen.UInt, text, (c, r, t) => (WireMessage)new Bye(c, r, t)),
            Gen.Const((WireMessage)new Ok()),
            Gen.Select(blob, number, envelope, (i, s, e) => new PushBlob(i, s, e)).Array[1, 8].Select(b => (WireMessage)new Push(b)),
            result.Array[1, 8].Select(r => (WireMessage)new PushAck(r)),
            Gen.Select(cursor, Gen.UInt, Gen.UInt, (c, n, b) => (WireMessage)new Pull(c, n, b)),
            Gen.Select(cursor, cursor, cursor, cursor, pulled.Array[0, 8], (s, t, h, e, b) => (WireMessage)new PullResponse(s, t, h, e, b)),
            cursor.Select(c => (WireMessage)new Ack(c)),
            Gen.Select(Gen.Enum<PresenceState>(), cursor, Gen.ULong, Gen.UInt, (s, h, t, o) => (WireMessage)new Presence(s, h, t, o)),
            cursor.Select(c => (WireMessage)new Notify(c)),
            blob.Array[1, 8].Select(b => (WireMessage)new Delete(b)),
            device.Select(d => (WireMessage)new RevokeDevice(d)),
            device.Select(d => (WireMessage)new DeviceRevoked(d)),
            Gen.Const((WireMessage)new ListDevices()),
            info.Array[0, 8].Select(d => (WireMessage)new Devices(d)),
            Gen.Select(Gen.Enum<PushPlatform>(), envelope, (p, t) => (WireMessage)new RegisterPush(p, t)),
            Gen.Const((WireMessage)new UnregisterPush()),
            Gen.Select(Bytes(32), Gen.ULong, (h, s) => (WireMessage)new ContentRef(h, s)),
            Bytes(32).Select(h => (WireMessage)new ContentAck(h)),
            Gen.Select(Bytes(32), Gen.ULong, (h, s) => (WireMessage)new ContentPut(h, s)),
            Gen.Select(code, Gen.Bool, Gen.ULong, Gen.ULong, (c, b, h, u) => (WireMessage)new ContentState(c, b, h, h ^ u, u)),
            Gen.Select(Bytes(32), Gen.ULong, Gen.ULong, Gen.UInt, stub, (h, s, o, c, e) => (WireMessage)new ContentPiece(h, s, o, c, e)),
            Gen.Select(Bytes(32), Gen.ULong, Gen.ULong, Gen.UInt, (h, s, o, c) => (WireMessage)new ContentGet(h, s, o, c)),
            stub.Select(e => (WireMessage)new ContentPart(e)),
            Bytes(32).Select(h => (WireMessage)new ContentRelease(h)),
            Gen.Select(code, Gen.UInt, text, (c, r, t) => (WireMessage)new ErrorMessage(c, r, t)));
    }

    private static Gen<byte[]> Bytes(int count) => Gen.Byte.Array[count];

    private static byte[] Run(byte first, int count) => [.. Enumerable.Range(first, count).Select(b => (byte)b)];
}
