using Xunit;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using X25519 = ZeroK.Noise.Internal.X25519;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>Keys that must not be used, from either side: the handshake ends and names the component.</summary>
public sealed class BadKeyTests
{
    private static readonly byte[] Prologue = [1];

    // The points of small order and their second encodings: Bernstein, "Curve25519: new Diffie-Hellman speed records", and RFC 7748, section 6.1 (the result is all zero).
    public static TheoryData<string> LowOrder =>
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    [Theory]
    [MemberData(nameof(LowOrder))]
    public void A_point_of_low_order_gives_no_secret(string point)
    {
        using var key = X25519.Import([.. Enumerable.Range(1, X25519.Bytes).Select(i => (byte)i)]);
        using var ephemeral = new EphemeralX25519([.. Enumerable.Range(1, X25519.Bytes).Select(i => (byte)i)]);
        Assert.False(X25519.TryAgree(key, Convert.FromHexString(point), new byte[X25519.Bytes]));
        Assert.False(ephemeral.TryAgree(Convert.FromHexString(point), new byte[X25519.Bytes]));
    }

    [Theory]
    [MemberData(nameof(LowOrder))]
    public void The_responder_refuses_it_in_message_1(string point)
    {
        using var pair = new Pair();
        var first = pair.Write(pair.Initiator);
        Convert.FromHexString(point).CopyTo(first, 0);
        Assert.Equal(NoiseFailure.None, pair.Responder.Read(first, []));
        Assert.Equal(NoiseFailure.X25519, pair.Responder.Write([], new byte[pair.Responder.NextMessageBytes], out _));
        Assert.False(pair.Responder.IsDone);
    }

    [Theory]
    [MemberData(nameof(LowOrder))]
    public void The_initiator_refuses_it_in_message_2(string point)
    {
        using var pair = new Pair();
        Assert.Equal(NoiseFailure.None, pair.Responder.Read(pair.Write(pair.Initiator), []));
        var second = pair.Write(pair.Responder);
        Convert.FromHexString(point).CopyTo(second, MlKem768.CiphertextBytes);
        Assert.Equal(NoiseFailure.X25519, pair.Initiator.Read(second, []));
    }

    // FIPS 203, section 7.2: each of the 768 coefficients of 12 bits must be below 3329.
    [Theory]
    [InlineData(3329, false)]
    [InlineData(4095, false)]
    [InlineData(3328, true)]
    public void Each_coefficient_of_an_MLKEM_key_is_checked_against_the_modulus(int coefficient, bool good)
    {
        using var pair = new Pair();
        var key = pair.RelayKeys.Public.MlKem768.ToArray();
        for (var i = 0; i < 768; i++)
        {
            var changed = key.ToArray();
            Set(changed, i, coefficient);
            Assert.True(MlKem768.IsPublicKey(changed) == good, $"coefficient {i}");
        }

        Assert.False(MlKem768.IsPublicKey(key.AsSpan(1)));
        Assert.False(MlKem768.IsPublicKey([.. key, 0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(767)]
    public void The_responder_refuses_an_MLKEM_key_above_the_modulus(int coefficient)
    {
        using var pair = new Pair();
        var first = pair.Write(pair.Initiator);
        Set(first.AsSpan(X25519.Bytes), coefficient, 3329);
        Assert.Equal(NoiseFailure.MlKem, pair.Responder.Read(first, []));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(767)]
    public void The_initiator_refuses_an_MLKEM_key_above_the_modulus(int coefficient)
    {
        using var pair = new Pair();
        Assert.Equal(NoiseFailure.None, pair.Responder.Read(pair.Write(pair.Initiator), []));
        var second = pair.Write(pair.Responder);
        Set(second.AsSpan(MlKem768.CiphertextBytes + X25519.Bytes), coefficient, 3329);
        Assert.Equal(NoiseFailure.MlKem, pair.Initiator.Read(second, []));
    }

    [Fact]
    public void Any_changed_byte_of_any_message_stops_the_handshake()
    {
        var random = new Random(20);
        for (var number = 1; number <= 4; number++)
        {
            for (var n = 0; n < 40; n++)
            {
                using var pair = new Pair();
                Assert.False(pair.RunsThrough(number, (byte)(1 << random.Next(8)), random.NextDouble()), $"message {number}, run {n}");
            }
        }

        using var unchanged = new Pair();
        Assert.True(unchanged.RunsThrough(0, 0, 0));
    }

    private static void Set(Span<byte> key, int index, int value)
    {
        var at = index / 2 * 3;
        if (index % 2 == 0) (key[at], key[at + 1]) = ((byte)value, (byte)((key[at + 1] & 0xf0) | (value >> 8)));
        else (key[at + 1], key[at + 2]) = ((byte)((key[at + 1] & 0x0f) | ((value & 0xf) << 4)), (byte)(value >> 4));
    }

    private sealed class Pair : IDisposable
    {
        private static readonly StaticIdentity Device = StaticIdentity.Generate();
        private static readonly StaticIdentity Relay = StaticIdentity.Generate();

        public NoiseHandshake Initiator { get; } = new(true, Prologue, Device);

        public NoiseHandshake Responder { get; } = new(false, Prologue, Relay);

        public StaticIdentity RelayKeys => Relay;

        public byte[] Write(NoiseHandshake writer)
        {
            var message = new byte[writer.NextMessageBytes];
            Assert.Equal(NoiseFailure.None, writer.Write([], message, out _));
            return message;
        }

        /// <summary>Whether both sides come to an end and to the same hash, with one bit of one message changed.</summary>
        public bool RunsThrough(int changed, byte bit, double where)
        {
            for (var number = 1; number <= 4; number++)
            {
                var (writer, reader) = number % 2 == 1 ? (Initiator, Responder) : (Responder, Initiator);
                var message = new byte[writer.NextMessageBytes];
                if (writer.Write([], message, out _) != NoiseFailure.None) return false;
                if (number == changed) message[(int)(where * message.Length)] ^= bit;
                if (reader.Read(message, []) != NoiseFailure.None) return false;
            }

            return Initiator.HandshakeHash.SequenceEqual(Responder.HandshakeHash);
        }

        public void Dispose()
        {
            Initiator.Dispose();
            Responder.Dispose();
        }
    }
}
