using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace ZeroK.Noise.Internal;

/// <summary>ML-KEM-768 (FIPS 203) with checked inputs.</summary>
internal static class MlKem768
{
    public const int SeedBytes = 64;
    public const int PublicKeyBytes = 1184;
    public const int CiphertextBytes = 1088;
    public const int SharedSecretBytes = 32;
    public const int CoinBytes = 32;
    private const int Modulus = 3329;
    private const int EncodedPolynomialsBytes = 1152;

    public static MLKemPrivateKeyParameters FromSeed(ReadOnlySpan<byte> seed)
    {
        var copy = seed.ToArray();
        try
        {
            return MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, copy);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>The checks of FIPS 203, section 7.2: length, and every coefficient below the modulus.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != PublicKeyBytes) return false;
        for (var i = 0; i < EncodedPolynomialsBytes; i += 3)
        {
            var first = key[i] | ((key[i + 1] & 0x0f) << 8);
            var second = (key[i + 1] >> 4) | (key[i + 2] << 4);
            if (first >= Modulus || second >= Modulus) return false;
        }

        return true;
    }

    /// <summary>Encapsulates to a key that <see cref="IsPublicKey"/> accepts.</summary>
    /// <param name="publicKey">1,184 bytes.</param>
    /// <param name="coins">The 32 random bytes m.</param>
    /// <param name="ciphertext">1,088 bytes.</param>
    /// <param name="sharedSecret">32 bytes.</param>
    public static void Encapsulate(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> coins, Span<byte> ciphertext, Span<byte> sharedSecret)
    {
        var encapsulator = new MLKemEncapsulator(MLKemParameters.ml_kem_768);
        var key = MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, publicKey.ToArray());
        encapsulator.Init(new ParametersWithRandom(key, new GivenCoins(coins)));
        encapsulator.Encapsulate(ciphertext, sharedSecret);
    }

    /// <summary>Decapsulates. A wrong ciphertext of the right length gives another secret, by design: the next seal will not open.</summary>
    public static void Decapsulate(MLKemPrivateKeyParameters key, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret)
    {
        var decapsulator = new MLKemDecapsulator(MLKemParameters.ml_kem_768);
        decapsulator.Init(key);
        decapsulator.Decapsulate(ciphertext, sharedSecret);
    }

    /// <summary>Hands the library the coins that the caller chose.</summary>
    private sealed class GivenCoins(ReadOnlySpan<byte> coins) : SecureRandom
    {
        private readonly byte[] _coins = coins.ToArray();

        public override void NextBytes(byte[] buf, int off, int len) => NextBytes(buf.AsSpan(off, len));

        public override void NextBytes(byte[] buf) => NextBytes(buf.AsSpan());

        public override void NextBytes(Span<byte> buffer)
        {
            if (buffer.Length != _coins.Length) throw new InvalidOperationException($"ML-KEM asked for {buffer.Length} random bytes, not {_coins.Length}.");
            _coins.CopyTo(buffer);
            CryptographicOperations.ZeroMemory(_coins);
        }
    }
}
