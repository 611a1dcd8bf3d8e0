using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Xunit;
using ZeroK.Noise.Internal;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>ML-KEM-768 by libsodium against an independent implementation, BouncyCastle's, over seeded inputs.</summary>
public sealed class MlKemTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 50)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Both_libraries_make_the_same_keys_ciphertexts_and_secrets(int seed)
    {
        var (keySeed, coins) = Drawn(seed);
        using var ours = new MlKemKey(keySeed);
        var theirs = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, keySeed);
        Assert.Equal(theirs.GetPublicKeyEncoded(), ours.Public);

        var (ciphertext, secret) = Encapsulate(ours.Public, coins);
        var encapsulator = new MLKemEncapsulator(MLKemParameters.ml_kem_768);
        encapsulator.Init(new ParametersWithRandom(theirs.GetPublicKey(), new Fixed(coins)));
        var (theirCiphertext, theirSecret) = (new byte[MlKem768.CiphertextBytes], new byte[MlKem768.SharedSecretBytes]);
        encapsulator.Encapsulate(theirCiphertext, theirSecret);
        Assert.Equal(theirCiphertext, ciphertext);
        Assert.Equal(theirSecret, secret);
        Assert.Equal(secret, Decapsulate(ours, ciphertext));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_changed_ciphertext_gives_both_the_same_other_secret(int seed)
    {
        var (keySeed, coins) = Drawn(seed);
        using var ours = new MlKemKey(keySeed);
        var (ciphertext, secret) = Encapsulate(ours.Public, coins);
        ciphertext[seed * 20] ^= 1;

        var decapsulator = new MLKemDecapsulator(MLKemParameters.ml_kem_768);
        decapsulator.Init(MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, keySeed));
        var theirs = new byte[MlKem768.SharedSecretBytes];
        decapsulator.Decapsulate(ciphertext, theirs);
        Assert.Equal(theirs, Decapsulate(ours, ciphertext));
        Assert.NotEqual(secret, theirs);
    }

    [Fact]
    public void A_buffer_of_another_length_is_never_passed_on()
    {
        using var key = new MlKemKey(new byte[MlKem768.SeedBytes]);
        Assert.Throws<ArgumentException>(() => new MlKemKey(new byte[MlKem768.SeedBytes - 1]));
        Assert.Throws<ArgumentException>(() => MlKem768.Encapsulate(key.Public.AsSpan(1), new byte[32], new byte[MlKem768.CiphertextBytes], new byte[32]));
        Assert.Throws<ArgumentException>(() => MlKem768.Encapsulate(key.Public, new byte[31], new byte[MlKem768.CiphertextBytes], new byte[32]));
        Assert.Throws<ArgumentException>(() => MlKem768.Decapsulate(key, new byte[MlKem768.CiphertextBytes - 1], new byte[32]));
        Assert.Throws<ArgumentException>(() => MlKem768.Decapsulate(key, new byte[MlKem768.CiphertextBytes], new byte[31]));
    }

    [Fact]
    public void A_key_is_wiped_when_it_is_disposed_of()
    {
        var key = new MlKemKey(Drawn(1).Seed);
        Assert.True(key.Secret.ContainsAnyExcept((byte)0));
        key.Dispose();
        Assert.False(key.Secret.ContainsAnyExcept((byte)0));
    }

    private static (byte[] Seed, byte[] Coins) Drawn(int seed)
    {
        var random = new Random(seed);
        var (keySeed, coins) = (new byte[MlKem768.SeedBytes], new byte[MlKem768.CoinBytes]);
        random.NextBytes(keySeed);
        random.NextBytes(coins);
        return (keySeed, coins);
    }

    private static (byte[] Ciphertext, byte[] Secret) Encapsulate(byte[] key, byte[] coins)
    {
        var (ciphertext, secret) = (new byte[MlKem768.CiphertextBytes], new byte[MlKem768.SharedSecretBytes]);
        MlKem768.Encapsulate(key, coins, ciphertext, secret);
        return (ciphertext, secret);
    }

    private static byte[] Decapsulate(MlKemKey key, byte[] ciphertext)
    {
        var secret = new byte[MlKem768.SharedSecretBytes];
        MlKem768.Decapsulate(key, ciphertext, secret);
        return secret;
    }

    private sealed class Fixed(byte[] bytes) : SecureRandom
    {
        public override void NextBytes(byte[] buf, int off, int len) => bytes.AsSpan(0, len).CopyTo(buf.AsSpan(off));

        public override void NextBytes(byte[] buf) => bytes.AsSpan(0, buf.Length).CopyTo(buf);

        public override void NextBytes(Span<byte> buffer) => bytes.AsSpan(0, buffer.Length).CopyTo(buffer);
    }
}
