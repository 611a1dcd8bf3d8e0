using ZeroK.Channel;
using ZeroK.Channel.Internal;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Noise;
using ZeroK.Noise.Internal;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>The handshake: its frames on both sides, and each Noise message at its reader.</summary>
internal static class HandshakeTargets
{
    private static readonly StaticIdentity Device = StaticIdentity.Import([.. Enumerable.Range(1, StaticIdentity.SecretBytes).Select(i => (byte)i)]);
    private static readonly StaticIdentity Relay = StaticIdentity.Import([.. Enumerable.Range(100, StaticIdentity.SecretBytes).Select(i => (byte)i)]);
    private static readonly byte[] Preface = [.. "0KSY"u8, 1, 1, 1];
    private static readonly byte[] Prologue = [.. "0ksync/1"u8, .. Preface];
    private static readonly byte[][] Messages = [.. Enumerable.Range(1, 4).Select(n => Until(n).Message)];

    /// <summary>All that a client sends before it is known.</summary>
    public static FuzzTarget AtTheRelay { get; } = new("handshake-at-relay", [[.. HandshakeFrames.Frame(HandshakeFrameKind.Preface, Preface), .. HandshakeFrames.Frame(HandshakeFrameKind.Message, Messages[0])]], static bytes => Run(SecureChannel.AcceptAsync(new PlayedConnection(bytes), Relay, ChannelOptions.Default)))
    {
        AcceptsSeeds = false,
    };

    /// <summary>All that a client may be answered: message 2, or a refusal.</summary>
    public static FuzzTarget AtTheClient { get; } = new("handshake-at-client",
        [HandshakeFrames.Frame(HandshakeFrameKind.Message, Messages[1]), HandshakeFrames.Frame(HandshakeFrameKind.Refusal, [0, 13, 0, 0, 1, 0, 1, 1]), HandshakeFrames.Frame(HandshakeFrameKind.Refusal, [0, 2, 0, 0, 0, 0, 2, 3])],
        static bytes => Run(SecureChannel.ConnectAsync(new PlayedConnection(bytes), Device, Relay.Public.Fingerprint(), ChannelOptions.Default)))
    {
        AcceptsSeeds = false,
    };

    /// <summary>One message, at a reader that has done all before it.</summary>
    public static FuzzTarget Message(int number) => new($"noise-message-{number}", [Messages[number - 1]], bytes =>
    {
        var (reader, _) = Until(number);
        using (reader)
        {
            if (reader.Read(bytes, []) != NoiseFailure.None) return null;
            if (number == 1) return reader.Write([], new byte[reader.NextMessageBytes], out _);
            return bytes;
        }
    })
    {
        // From message 2 on everything is authenticated: only the peer's own bytes may be accepted.
        Verify = (bytes, _) =>
        {
            if (number > 1 && !bytes.AsSpan().SequenceEqual(Messages[number - 1])) throw new InvalidOperationException("A message that the peer did not write was accepted.");
        },
    };

    // The handshake up to a message: its reader, and the message itself.
    private static (NoiseHandshake Reader, byte[] Message) Until(int number)
    {
        var initiator = new NoiseHandshake(NoisePattern.HybridXX, NoiseHash.Blake2s, true, Prologue, true, Device, new Fixed(1));
        var responder = new NoiseHandshake(NoisePattern.HybridXX, NoiseHash.Blake2s, false, Prologue, true, Relay, new Fixed(2));
        while (true)
        {
            var (writer, reader) = initiator.IsMyTurn ? (initiator, responder) : (responder, initiator);
            var message = new byte[writer.NextMessageBytes];
            if (writer.Write([], message, out _) != NoiseFailure.None) throw new InvalidOperationException("A fixed handshake failed.");
            if (writer.MessagesDone == number)
            {
                writer.Dispose();
                return (reader, message);
            }

            if (reader.Read(message, []) != NoiseFailure.None) throw new InvalidOperationException("A fixed handshake failed.");
        }
    }

    private static object? Run(ValueTask<IFrameChannel> handshake)
    {
        try
        {
            return handshake.AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelException)
        {
            return null;
        }
    }

    private sealed class Fixed(byte first) : HandshakeRandom
    {
        public override void Ephemeral(Span<byte> destination) => destination.Fill(first);

        public override void KemSeed(Span<byte> destination) => destination.Fill((byte)(first + 10));

        public override void Coins(Span<byte> destination) => destination.Fill((byte)(first + 20));
    }
}
