using System.Security.Cryptography;
using Xunit;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using ZeroK.Tests.Shared;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>One hybrid handshake with fixed keys, so that a clone without the vector files still checks the whole engine. Computed with clatter's handshake, libsodium's ML-KEM-768 (FIPS 203) and blake2s_simd: none of it is used here.</summary>
public sealed class HybridKnownAnswerTests
{
    private const string Prologue = "612070726f6c6f677565";
    private const string HandshakeHash = "5863dda0ee9d6d107d28311e028bd48f2860b10356405f9719598aab0fffbbfe";
    private const string InitiatorStatic = "fe2c61216bca536ae2658ebb0c49212aff9b5c31b7467939ac1f3bfef739fb51a54604ec6dbc82556d9ecdceec9f3abeb2595d595af5e7874fef5dc0d52728afaeb3a1dffca2aad0a1c93b6ccbfb005db21f87035263a6cdde2cb8c9879a20bf";
    private const string InitiatorEphemeral = "031a3ae8118fc241b4f41fb9cd39ea0346a213c61d404c846b146258aaf35a0f";
    private const string InitiatorEphemeralSeed = "489a5b88627e8de8414adb10cf9e377276448345d18c2c144d2f6da558dae236754047e1541d5985e05403e13fbc26c7d7e1f157b2edebc9ce305f05b36443e6";
    private const string ResponderStatic = "564ad0abf273dee23a38af905ab1caa3260c7b67cba34322cf95bdb0f4edba877ace4cebc7e7f0cb4a52db4126ee20ea9d17e693912abd0d0517e7dbddcc1a6b62ae47c5fa6978e148b9b75913421763f82ff41174b21cd3b3d58386fa7b05e5";
    private const string ResponderEphemeral = "1ca2baaa34a34dc40cfab74a87033bb9ea39c3706f9233931feef7eb2f5f5c77";
    private const string ResponderEphemeralSeed = "275b05f91b5776d394aadfe3d990e6e348888f81c720861a52b080270515c78f1247d71e2431f57d19249deec38e640f92cf172ff8ad845d787b10c0da5122a1";
    private const string InitiatorToResponderKey = "9da4d1347ec8c5377d2a72060acc739afd7e0a3d9bc5e50d3b988082923ceb0c";
    private const string ResponderToInitiatorKey = "f777b8dbd5c3370d4b100afe8bd98cd09509c62e6c14b194697acdeaf33115cf";

    // Computed with Python's hmac and hashlib from the chaining key whose first two outputs are the keys above.
    private static readonly (uint Number, string InitiatorToResponder, string ResponderToInitiator)[] StreamKeys =
    [
        (1, "7291015a59e7ace910bf2b6623d98eaaa4ab66fc95280357036381c80b4741ac", "1d163c4e1136d442720afb48884fe1345ff16a9e73f3df785be80cc40dae58b4"),
        (0x01020304, "028f77f1a16a81b95745a45fab9b3daed8f28eed4f31c9fd70f3454afa1effbe", "424afaedcd1938318263269bf95f1c4c4644bf52a9df7ec3f6e7ad497e862ac9"),
    ];

    private static readonly string[] Coins =
    [
        "aff1278cabdc34ee2bb4ddffae5c49ec7a6ab8ebb0727493972295f9c0455370",
        "b7e9d6e58373803b2c74d2d87b43f7c0c920471d6efca2d1b492806ee6782a89",
        "2e2ea2c2518f757e951d69a942f607e7f75a3043568fd0df44fd9452d4441487",
    ];

    // SHA-256 of each message.
    private static readonly string[] Messages =
    [
        "2b6107481fd9a8aec27475215ae3c77b43c0b1cafc29f5362a9ecd434e45675b",
        "64068edae86f2b744b265c6b582457d709399de040a2fc3c0b9b57ee2b5f901c",
        "d93165afc10e8ddfb3dddab640ad00e5876ffeec83157303f8c0002d52c62693",
        "890c87020a01576c6fb2244ab2dffa31d303eb41a664c07cf37806c621fed0c7",
    ];

    [Fact]
    public void MLKEM768_makes_the_known_key_from_its_seed_and_encapsulates_as_known()
    {
        using var key = new MlKemKey(Convert.FromHexString(InitiatorEphemeralSeed));
        var publicKey = key.Public;
        Assert.Equal("b5bcbf16f7fa0443165c996b4ea553a0331e35272cc80f402d98fb5c7d6baa7e", Sha256(publicKey));
        Assert.True(MlKem768.IsPublicKey(publicKey));
        var (ciphertext, secret, again) = (new byte[MlKem768.CiphertextBytes], new byte[MlKem768.SharedSecretBytes], new byte[MlKem768.SharedSecretBytes]);
        MlKem768.Encapsulate(publicKey, Convert.FromHexString(Coins[0]), ciphertext, secret);
        Assert.Equal("a5336342bec4ccc133081db94d30ae666f8adf851bb8e1119411f7a1a9bef949", Sha256(ciphertext));
        MlKem768.Decapsulate(key, ciphertext, again);
        Assert.Equal(secret, again);
        ciphertext[0] ^= 1;
        MlKem768.Decapsulate(key, ciphertext, again);
        Assert.NotEqual(secret, again);
    }

    [Fact]
    public void The_known_handshake_comes_out_byte_for_byte()
    {
        using var initiatorKeys = StaticIdentity.Import(Convert.FromHexString(InitiatorStatic));
        using var responderKeys = StaticIdentity.Import(Convert.FromHexString(ResponderStatic));
        var coins = new Queue<string>(Coins);
        var prologue = Convert.FromHexString(Prologue);
        using var initiator = new NoiseHandshake(NoisePattern.HybridXX, NoiseHash.Blake2s, true, prologue, true, initiatorKeys, new Given(InitiatorEphemeral, InitiatorEphemeralSeed, coins));
        using var responder = new NoiseHandshake(NoisePattern.HybridXX, NoiseHash.Blake2s, false, prologue, true, responderKeys, new Given(ResponderEphemeral, ResponderEphemeralSeed, coins));
        foreach (var expected in Messages)
        {
            var (writer, reader) = initiator.IsMyTurn ? (initiator, responder) : (responder, initiator);
            var message = new byte[writer.NextMessageBytes];
            Assert.Equal(NoiseFailure.None, writer.Write([], message, out _));
            Assert.Equal(expected, Sha256(message));
            Assert.Equal(NoiseFailure.None, reader.Read(message, []));
        }

        Assert.Equal(HandshakeHash, Convert.ToHexStringLower(initiator.HandshakeHash));
        Assert.Equal(HandshakeHash, Convert.ToHexStringLower(responder.HandshakeHash));
        using var one = initiator.Split(0);
        using var other = responder.Split(0);
        AssertKey(one, InitiatorToResponderKey);
        AssertKey(other, ResponderToInitiatorKey);
        foreach (var (number, up, down) in StreamKeys)
        {
            using var stream = one.Stream(number);
            using var peer = other.Stream(number);
            AssertKey(stream, up);
            AssertKey(peer, down);
            Assert.Throws<InvalidOperationException>(() => stream.Stream(1));
        }

        // What seals on the main stream opens on none of its side streams, and the secret goes with the session.
        var sealedOnMain = new byte[5 + NoiseSession.TagBytes];
        one.Seal("hello"u8, sealedOnMain);
        using var third = other.Stream(3);
        Assert.False(third.TryOpen(sealedOnMain, new byte[5]));
        one.Dispose();
        Assert.Throws<ObjectDisposedException>(() => one.Stream(4));
    }

    [Fact]
    public void The_protocol_document_gives_this_handshake()
    {
        var document = Vectors.Document("PROTOCOL.md");
        string[] values =
        [
            InitiatorStatic, InitiatorEphemeral, InitiatorEphemeralSeed, ResponderStatic, ResponderEphemeral, ResponderEphemeralSeed,
            .. StreamKeys.SelectMany(k => new[] { k.InitiatorToResponder, k.ResponderToInitiator }), .. Coins, .. Messages, HandshakeHash, InitiatorToResponderKey, ResponderToInitiatorKey, System.Text.Encoding.ASCII.GetString(Convert.FromHexString(Prologue)),
        ];
        Assert.All(values, v => Assert.Contains("`" + v + "`", document, StringComparison.Ordinal));
    }

    private static void AssertKey(NoiseSession from, string key)
    {
        using var expected = new CipherState(Convert.FromHexString(key), 0);
        var (a, b) = (new byte[5 + NoiseSession.TagBytes], new byte[5 + NoiseSession.TagBytes]);
        from.Seal("hello"u8, a);
        expected.Seal(default, "hello"u8, b);
        Assert.Equal(b, a);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed class Given(string ephemeral, string seed, Queue<string> coins) : HandshakeRandom
    {
        public override void Ephemeral(Span<byte> destination) => Convert.FromHexString(ephemeral).CopyTo(destination);

        public override void KemSeed(Span<byte> destination) => Convert.FromHexString(seed).CopyTo(destination);

        public override void Coins(Span<byte> destination) => Convert.FromHexString(coins.Dequeue()).CopyTo(destination);
    }
}
