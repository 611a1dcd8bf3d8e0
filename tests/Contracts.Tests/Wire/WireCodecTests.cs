using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using Xunit;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Wire;

public sealed class WireCodecTests
{
    private static readonly Dictionary<string, string> Golden = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "messages.hex"))
        .Where(l => l.Length > 0 && l[0] != '#')
        .Select(l => l.Split(' '))
        .ToDictionary(l => l[0], l => l[1]);

    public static TheoryData<string> Names => [.. Samples.Fixed.Keys];

    public static TheoryData<string> EarlierNames => [.. Samples.Earlier.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_message_has_its_golden_bytes_and_they_are_read_back(string name)
    {
        Assert.Equal(Golden[name], Convert.ToHexStringLower(Write(Samples.Fixed[name], 7)));
        var message = Read(Convert.FromHexString(Golden[name]), out var requestId);
        Assert.Equal(7u, requestId);
        Assert.Equal(Samples.Fixed[name].Type, message.Type);
        Assert.Equal(Golden[name], Convert.ToHexStringLower(Write(message, 7)));
    }

    [Theory]
    [MemberData(nameof(EarlierNames))]
    public void Bytes_of_an_earlier_version_are_read_and_what_they_lack_is_empty(string name) =>
        Assert.Equal(Convert.ToHexStringLower(Write(Samples.Earlier[name], 7)), Convert.ToHexStringLower(Write(Read(Convert.FromHexString(Golden[name]), out _), 7)));

    [Fact]
    public void A_hint_above_its_limit_is_refused()
    {
        var frame = Write(((Welcome)Samples.Fixed["WELCOME/10"]) with { Hint = new string('x', WireLimits.HintBytesMax) }, 7)[WireCodec.LengthBytes..];
        Assert.True(WireCodec.TryRead(frame, out _, out _, out _));
        var at = frame.Length - WireLimits.HintBytesMax;
        frame[at - 1]++;
        Assert.False(WireCodec.TryRead((byte[])[.. frame, 0x78], out _, out _, out var problem));
        Assert.Contains("262 bytes", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_assigned_type_has_golden_bytes()
    {
        Assert.Equal(Samples.Fixed.Keys.Concat(Samples.Earlier.Keys).Order(), Golden.Keys.Order());
        Assert.Equal(WireCodec.Types.Order(), Samples.Fixed.Values.Select(m => m.Type).Distinct().Order());
        Assert.Equal(Enum.GetValues<MessageType>().Where(t => t != MessageType.None).Order(), WireCodec.Types.Order());
        Assert.All(WireCodec.Types, t => Assert.NotEqual(Sender.None, WireCodec.SenderOf(t)));
    }

    [Fact]
    public void Any_message_comes_back_as_it_was() =>
        Gen.Select(Samples.Any, Gen.UInt).Sample(
            (message, id) =>
            {
                var bytes = Write(message, id);
                var read = Read(bytes, out var readId);
                return readId == id && read.GetType() == message.GetType() && Write(read, id).AsSpan().SequenceEqual(bytes);
            },
            seed: "0000000000004",
            iter: 5000);

    [Fact]
    public void Every_unassigned_type_is_refused_by_name()
    {
        for (var type = 0; type < 256; type++)
        {
            if (WireCodec.Types.Contains((MessageType)type)) continue;
            Assert.False(WireCodec.TryRead(new byte[] { (byte)type, 0, 0, 0, 9, 0x90 }, out var id, out _, out var problem));
            Assert.Equal(9u, id);
            Assert.Contains($"0x{type:x2}", problem, StringComparison.Ordinal);
            Assert.Equal(Sender.None, WireCodec.SenderOf((MessageType)type));
        }
    }

    public static TheoryData<string, WireMessage> Numbered(ulong number)
    {
        var cursor = new Cursor(number);
        var device = new DeviceId(new byte[32]);
        var welcome = Samples.Fixed.Values.OfType<Welcome>().First();
        var page = Samples.Fixed.Values.OfType<PullResponse>().First();
        var presence = Samples.Fixed.Values.OfType<Presence>().First();
        return new()
        {
            { "WELCOME head", welcome with { Head = cursor } },
            { "WELCOME history start", welcome with { HistoryStart = cursor } },
            { "WELCOME acked", welcome with { Acked = cursor } },
            { "WELCOME last sequence", welcome with { LastSequence = number } },
            { "NOTIFY", new Notify(cursor) },
            { "PRESENCE", presence with { Head = cursor } },
            { "PULL", new Pull(cursor, 1, 1) },
            { "ACK", new Ack(cursor) },
            { "page start", page with { Start = cursor } },
            { "page through", page with { Through = cursor } },
            { "page head", page with { Head = cursor } },
            { "page expired", page with { ExpiredThrough = cursor } },
            { "blob cursor", page with { Blobs = [page.Blobs[0] with { Cursor = cursor }] } },
            { "blob sequence", page with { Blobs = [page.Blobs[0] with { Sequence = number }] } },
            { "PUSH sequence", new Push([new PushBlob(BlobId.New(), number, new byte[1])]) },
            { "PUSH_ACK cursor", new PushAck([new PushResult(BlobId.New(), ErrorCode.None, cursor, 1, 0)]) },
            { "DEVICES acked", new Devices([new DeviceInfo(device, default, 1, 1, cursor, 1, true, false)]) },
            { "DEVICES last sequence", new Devices([new DeviceInfo(device, default, 1, 1, Cursor.Zero, number, true, false)]) },
        };
    }

    [Theory]
    [MemberData(nameof(Numbered), WireLimits.NumberMax + 1)]
    [MemberData(nameof(Numbered), ulong.MaxValue)]
    public void A_cursor_or_sequence_that_no_store_holds_is_refused_in_every_message(string field, WireMessage message)
    {
        Assert.False(WireCodec.TryRead(Write(message, 1).AsMemory(WireCodec.LengthBytes), out _, out _, out var problem), field);
        Assert.Contains("cursor or sequence", problem, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Numbered), WireLimits.NumberMax)]
    public void The_highest_cursor_and_sequence_are_read(string field, WireMessage message) =>
        Assert.True(WireCodec.TryRead(Write(message, 1).AsMemory(WireCodec.LengthBytes), out _, out _, out _), field);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_frame_cut_anywhere_is_refused(string name)
    {
        var frame = Convert.FromHexString(Golden[name])[WireCodec.LengthBytes..];
        for (var length = 0; length < frame.Length; length++)
            Assert.False(WireCodec.TryRead(frame.AsMemory(0, length), out _, out _, out _), $"{length} of {frame.Length} bytes were taken.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_after_the_body_are_refused_and_a_later_version_s_fields_are_skipped(string name)
    {
        byte[] frame = Convert.FromHexString(Golden[name])[WireCodec.LengthBytes..];
        Assert.False(WireCodec.TryRead((byte[])[.. frame, 0xC0], out _, out _, out var problem));
        Assert.Contains("follow", problem, StringComparison.Ordinal);

        // Two fields more: a number and a list with bytes and text.
        byte[] longer = [.. frame, 0x05, 0x92, 0xC4, 0x01, 0xFF, 0xA1, 0x61];
        longer[5] += 2;
        Assert.True(WireCodec.TryRead(longer, out _, out var message, out problem), problem);
        Assert.Equal(Golden[name], Convert.ToHexStringLower(Write(message, 7)));
    }

    [Fact]
    public void Two_hundred_thousand_mutated_frames_are_read_or_refused_never_thrown_and_cost_little_memory()
    {
        var random = new Random(20_260_101);
        var frames = Golden.Values.Select(h => Convert.FromHexString(h)[WireCodec.LengthBytes..]).ToArray();
        var (refused, taken) = (0, 0);
        for (var i = 0; i < 200_000; i++)
        {
            var frame = Mutate(random, frames[random.Next(frames.Length)]);
            var before = GC.GetAllocatedBytesForCurrentThread();
            if (WireCodec.TryRead(frame, out _, out _, out _)) taken++;
            else refused++;
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            // A list's array may be made for up to 256 items before the first is found missing; an exception and its text take some.
            Assert.True(allocated <= 2 * frame.Length + 24 * 1024, $"Mutation {i}: {allocated} bytes for a frame of {frame.Length}.");
        }

        Assert.True(refused > 10_000 && taken > 1_000, $"{refused} refused, {taken} taken: the mutations don't reach both ways.");
    }

    [Fact]
    public void A_length_field_above_the_limit_or_below_a_header_is_refused()
    {
        Assert.True(WireCodec.IsLengthAllowed((uint)WireLimits.FrameBytesMax, WireLimits.FrameBytesMax));
        Assert.False(WireCodec.IsLengthAllowed((uint)WireLimits.FrameBytesMax + 1, WireLimits.FrameBytesMax));
        Assert.False(WireCodec.IsLengthAllowed((uint)WireLimits.HelloFrameBytesMax + 1, WireLimits.HelloFrameBytesMax));
        Assert.False(WireCodec.IsLengthAllowed(uint.MaxValue, WireLimits.FrameBytesMax));
        Assert.True(WireCodec.IsLengthAllowed(5, WireLimits.FrameBytesMax));
        Assert.False(WireCodec.IsLengthAllowed(4, WireLimits.FrameBytesMax));
    }

    [Theory]
    [InlineData("10 00000007 91dd7fffffff", "another kind")] // a list of 2^31 - 1 blobs that aren't there
    [InlineData("03 00000007 930000db7fffffff", "another kind")] // a text of 2^31 - 1 bytes that aren't there
    [InlineData("10 00000007 9190", "items")] // no blob
    [InlineData("03 00000007 93000000", "another kind")] // a number for a text
    [InlineData("03 00000007 930000a1ff", "UTF-8")]
    [InlineData("03 00000007 930000da0401", "another kind")] // a text of 1,025 bytes that aren't there
    [InlineData("30 00000007 9409000000", "unknown value")]
    [InlineData("50 00000007 91c403000000", "3 bytes of 32")]
    [InlineData("22 00000007 91ff", "another kind")] // a negative cursor
    [InlineData("22 00000007 9201dd7fffffff", "another kind")] // an unknown field of 2^31 - 1 items
    [InlineData("22 00000007 92019191919191919190", "deep")]
    [InlineData("22 00000007 90", "0 fields of 1")]
    public void A_malformed_body_is_refused_with_what_is_wrong(string hex, string problem)
    {
        Assert.False(WireCodec.TryRead(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out var id, out _, out var said));
        Assert.Equal(7u, id);
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_above_its_limit_is_refused_before_its_items_are_read()
    {
        byte[] frame = [0x10, 0, 0, 0, 7, 0x91, 0xDC, 0x01, 0x01, .. new byte[257]];
        Assert.False(WireCodec.TryRead(frame, out _, out _, out var problem));
        Assert.Contains("257 items", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_above_a_limit_throws_and_appends_nothing()
    {
        var output = new ArrayBufferWriter<byte>();
        var tooLarge = new PushBlob(BlobId.New(), 1, new byte[WireLimits.EnvelopeBytesMax + 1]);
        Assert.Throws<ArgumentException>(() => WireCodec.Write(output, 1, new Push([tooLarge])));
        Assert.Throws<ArgumentException>(() => WireCodec.Write(output, 1, new Push([])));
        Assert.Throws<ArgumentException>(() => WireCodec.Write(output, 1, new Bye(ErrorCode.None, 0, new string('x', WireLimits.ReasonBytesMax + 1))));
        var full = new PushBlob(BlobId.New(), 1, new byte[WireLimits.EnvelopeBytesMax]);
        Assert.Throws<ArgumentException>(() => WireCodec.Write(output, 1, new Push([full, full, full, full, full])));
        Assert.Equal(0, output.WrittenCount);
        WireCodec.Write(output, 1, new Push([full]));
        Assert.True(output.WrittenCount > WireLimits.EnvelopeBytesMax);
    }

    [Fact]
    public void The_largest_push_and_page_that_the_limits_allow_fit_into_a_frame()
    {
        var small = new byte[WireLimits.PushBytesMax / WireLimits.PushBlobsMax];
        Write(new Push([.. Enumerable.Repeat(new PushBlob(BlobId.New(), WireLimits.NumberMax, small), WireLimits.PushBlobsMax)]), 1);
        var page = new byte[WireLimits.PullBytesMax / WireLimits.PullBlobsMax];
        var blob = new PulledBlob(new Cursor(WireLimits.NumberMax), BlobState.Present, new DeviceId(new byte[32]), WireLimits.NumberMax, BlobId.New(), ulong.MaxValue, page);
        Write(new PullResponse(Cursor.Zero, Cursor.Zero, Cursor.Zero, Cursor.Zero, [.. Enumerable.Repeat(blob, WireLimits.PullBlobsMax)]), 1);
    }

    [Fact]
    public void A_read_message_owns_its_bytes()
    {
        var frame = Write(Samples.Fixed["PUSH"], 1);
        var push = Assert.IsType<Push>(Read(frame, out _));
        Array.Clear(frame);
        Assert.Equal(0xA0, push.Blobs[0].Envelope.Span[0]);
    }

    private static byte[] Mutate(Random random, byte[] original)
    {
        var bytes = original.ToList();
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveAt(at); break;
                case 3: bytes.Insert(at, (byte)random.Next(0x80, 0xE0)); break;
                default: bytes.InsertRange(at, new byte[] { 0xDD, 0x7F, 0xFF, 0xFF, 0xFF }); break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Write(WireMessage message, uint id)
    {
        var output = new ArrayBufferWriter<byte>();
        WireCodec.Write(output, id, message);
        return output.WrittenSpan.ToArray();
    }

    private static WireMessage Read(byte[] bytes, out uint id)
    {
        Assert.Equal((uint)bytes.Length - WireCodec.LengthBytes, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        Assert.True(WireCodec.TryRead(bytes.AsMemory(WireCodec.LengthBytes), out id, out var message, out var problem), problem);
        return message;
    }
}
