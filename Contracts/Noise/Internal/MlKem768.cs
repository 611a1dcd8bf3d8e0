using System.Security.Cryptography;

namespace ZeroK.Noise.Internal;

/// <summary>ML-KEM-768 (FIPS 203) by libsodium, with checked inputs. A second library, BouncyCastle, is held against it in the tests.</summary>
internal static class MlKem768
{
    public const int SeedBytes = 64;
    public const int PublicKeyBytes = 1184;
    public const int SecretKeyBytes = 2400;
    public const int CiphertextBytes = 1088;
    public const int SharedSecretBytes = 32;
    public const int CoinBytes = 32;
    private const int Modulus = 3329;
    private const int EncodedPolynomialsBytes = 1152;

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
    /// <exception cref="CryptographicException">It is no key: check first.</exception>
    public static void Encapsulate(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> coins, Span<byte> ciphertext, Span<byte> sharedSecret)
    {
        // The library is told no lengths.
        if (publicKey.Length != PublicKeyBytes || coins.Length != CoinBytes || ciphertext.Length != CiphertextBytes || sharedSecret.Length != SharedSecretBytes)
            throw new ArgumentException("A buffer of an ML-KEM encapsulation has another length than FIPS 203 gives.");
        if (Sodium.MlKemEncapsulate(ciphertext, sharedSecret, publicKey, coins) != 0) throw new CryptographicException("ML-KEM takes no such key.");
    }

    /// <summary>Decapsulates. A wrong ciphertext of the right length gives another secret, by design: the next seal will not open.</summary>
    public static void Decapsulate(MlKemKey key, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret)
    {
        if (ciphertext.Length != CiphertextBytes || sharedSecret.Length != SharedSecretBytes)
            throw new ArgumentException("A buffer of an ML-KEM decapsulation has another length than FIPS 203 gives.");
        if (Sodium.MlKemDecapsulate(sharedSecret, ciphertext, key.Secret) != 0) throw new CryptographicException("ML-KEM did not decapsulate.");
    }
}
