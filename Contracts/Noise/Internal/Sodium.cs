using System.Runtime.InteropServices;

namespace ZeroK.Noise.Internal;

/// <summary>Calls into libsodium 1.0.22 or later, the library that NSec brings along, for what NSec has no class for.</summary>
/// <remarks>Spans are pinned for a call; libsodium keeps none of them. Each returns 0, or -1 where it says so.</remarks>
internal static partial class Sodium
{
    private const string Library = "libsodium";

    // Idempotent, and also done by NSec: it chooses the processor's instructions.
    static Sodium()
    {
        if (Init() < 0) throw new PlatformNotSupportedException("libsodium can't start on this system.");
    }

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Init();

    /// <summary>FIPS 203, algorithm 16: 64 bytes d || z to 1,184 and 2,400 bytes.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_kem_mlkem768_seed_keypair")]
    public static partial int MlKemKeyPair(Span<byte> publicKey, Span<byte> secretKey, ReadOnlySpan<byte> seed);

    /// <summary>FIPS 203, algorithm 17, with the caller's 32 bytes m; -1 for a key that is none.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_kem_mlkem768_enc_deterministic")]
    public static partial int MlKemEncapsulate(Span<byte> ciphertext, Span<byte> sharedSecret, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> coins);

    /// <summary>FIPS 203, algorithm 18.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_kem_mlkem768_dec")]
    public static partial int MlKemDecapsulate(Span<byte> sharedSecret, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> secretKey);

    /// <summary>RFC 7748 with a scalar and a point; -1 where the result is zero.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519")]
    public static partial int X25519(Span<byte> shared, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> point);

    /// <summary>RFC 7748 with a scalar and the base point.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519_base")]
    public static partial int X25519Base(Span<byte> publicKey, ReadOnlySpan<byte> scalar);

    /// <summary>RFC 9496, section 4.3.4: 64 bytes to an element of ristretto255.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_core_ristretto255_from_hash")]
    public static partial int RistrettoFromHash(Span<byte> element, ReadOnlySpan<byte> hash);

    /// <summary>64 bytes, little-endian, modulo the group's order.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_core_ristretto255_scalar_reduce")]
    public static partial void RistrettoScalar(Span<byte> scalar, ReadOnlySpan<byte> wide);

    /// <summary>RFC 9496 with a scalar and an encoded element; -1 for an encoding that is none, and where the result is the identity.</summary>
    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_ristretto255")]
    public static partial int RistrettoMultiply(Span<byte> result, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element);
}
