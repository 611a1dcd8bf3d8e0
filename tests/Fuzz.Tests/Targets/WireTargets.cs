using System.Buffers;
using System.Buffers.Binary;
using ZeroK.Channel;
using ZeroK.Channel.Internal;
using ZeroK.Client.Sync;
using ZeroK.Contracts.Tests.Wire;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using ZeroK.Wire;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>Frames, and the transport messages in which they travel.</summary>
internal static class WireTargets
{
    private const int KeyBytes = 32;

    /// <summary>A frame without its length: every message.</summary>
    public static FuzzTarget Frame { get; } = new("frame", [.. Samples.Fixed.Values.Select(m => Encode(m)[WireCodec.LengthBytes..])], Decode) { Verify = SameAgain };

    /// <summary>A page, with the rules that a client holds it to.</summary>
    public static FuzzTarget Page { get; } = new("page", [.. new[] { "PULL_RESPONSE" }.Select(n => Encode(Samples.Fixed[n])[WireCodec.LengthBytes..])], static bytes => Decode(bytes) is PullResponse page && PageRules.Problem(new Cursor(8), page) is null ? page : null)
    {
        Verify = static (_, value) =>
        {
            var page = (PullResponse)value;
            var expected = Enumerable.Range(0, page.Blobs.Count).Select(i => page.Start.Value + (ulong)i);
            if (!page.Blobs.Select(b => b.Cursor.Value).SequenceEqual(expected)) throw new InvalidOperationException("An accepted page leaves out a cursor.");
            if (PageRules.Expired(new Cursor(8), page) is { } gap && gap.Last < gap.First) throw new InvalidOperationException("An expired range ends before it begins.");
        },
    };

    /// <summary>The plaintext of a session: frames after one another, sealed rightly.</summary>
    public static FuzzTarget FrameStream { get; } = new("frame-stream", [[.. Samples.Fixed.Values.Take(6).SelectMany(Encode)], [.. Samples.Fixed.Values.Skip(6).SelectMany(Encode)]], static bytes => Receive(Sealed(bytes)))
    {
        AllocationBytesMax = static length => (512 * 1024) + (128L * length),
    };

    /// <summary>What comes over the connection after the handshake, before anything is opened.</summary>
    public static FuzzTarget TransportMessages { get; } = new("transport-messages", [Sealed(Encode(new Ok())), Sealed([.. Encode(new Notify(new Cursor(7))), .. Encode(new Ok())])], Receive)
    {
        AllocationBytesMax = static length => (512 * 1024) + (128L * length),
    };

    /// <summary>A side stream from its first byte: its number, and what comes before anything is opened.</summary>
    public static FuzzTarget SideStream { get; } = new("side-stream", [Opened(1, new Ok()), Opened(uint.MaxValue, new ContentPart(new byte[100]))], OnSideStream)
    {
        AllocationBytesMax = static length => (512 * 1024) + (128L * length),
    };

    private static NoiseSession WithStreams(bool isInitiator) => new(Cipher(), Cipher(), isInitiator, new StreamKeys(NoiseHash.Blake2s, new byte[KeyBytes], NoiseSession.RekeyEveryMessages));

    private static byte[] Opened(uint number, WireMessage message)
    {
        using var session = WithStreams(isInitiator: true);
        using var stream = session.Stream(number);
        var opening = new byte[StreamNumbers.Bytes];
        BinaryPrimitives.WriteUInt32BigEndian(opening, number);
        return [.. opening, .. Sealed(Encode(message), stream)];
    }

    private static object? OnSideStream(byte[] bytes)
    {
        using var session = WithStreams(isInitiator: false);
        var channel = new NoiseFrameChannel(new PlayedConnection([], bytes), session, new PeerIdentity(new byte[32], new byte[1184]), new byte[32], ChannelOptions.Default);
        try
        {
            var stream = channel.AcceptSideStreamAsync().AsTask().GetAwaiter().GetResult().OpenAsync().AsTask().GetAwaiter().GetResult();
            return stream.ReceiveAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelException)
        {
            return null;
        }
    }

    private static object? Decode(byte[] bytes) => WireCodec.TryRead(bytes, out var id, out var message, out _) ? new WireFrame(id, message) is var frame && frame.Message is PullResponse page ? page : message : null;

    private static byte[] Encode(WireMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WireCodec.Write(buffer, 7, message);
        return buffer.WrittenSpan.ToArray();
    }

    // Other bytes may mean the same message (MessagePack has several forms of a number), but what the code writes of it must be read as the same.
    private static void SameAgain(byte[] input, object meaning)
    {
        var once = Encode((WireMessage)meaning);
        if (!WireCodec.TryRead(once.AsMemory(WireCodec.LengthBytes), out _, out var again, out var problem)) throw new InvalidOperationException($"What was read can't be read again: {problem}");
        if (!Encode(again).AsSpan().SequenceEqual(once)) throw new InvalidOperationException("What was read is another message when read again.");
    }

    private static CipherState Cipher() => new(new byte[KeyBytes], NoiseSession.RekeyEveryMessages);

    private static byte[] Sealed(byte[] frames)
    {
        using var session = new NoiseSession(Cipher(), Cipher());
        return Sealed(frames, session);
    }

    private static byte[] Sealed(byte[] frames, NoiseSession session)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var chunk in frames.Chunk(NoiseSession.MessageBytesMax - NoiseSession.TagBytes))
        {
            var length = chunk.Length + NoiseSession.TagBytes;
            var span = output.GetSpan(2 + length)[..(2 + length)];
            BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)length);
            session.Seal(chunk, span[2..]);
            output.Advance(2 + length);
        }

        return output.WrittenSpan.ToArray();
    }

    private static object? Receive(byte[] raw)
    {
        using var session = new NoiseSession(Cipher(), Cipher());
        var receiver = new FrameReceiver(new PlayedConnection(raw), session, ChannelOptions.Default);
        var frames = 0;
        try
        {
            while (receiver.ReceiveAsync(WireLimits.FrameBytesMax, CancellationToken.None).AsTask().GetAwaiter().GetResult() is not null) frames++;
            return frames;
        }
        catch (ChannelException)
        {
            return null;
        }
    }
}
