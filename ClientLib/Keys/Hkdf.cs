using NSec.Cryptography;

namespace ZeroK.Client.Keys;

/// <summary>HKDF-SHA-256 (RFC 5869) of a secret in locked memory: the one place where keys are derived.</summary>
internal static class Hkdf
{
    /// <summary>Fills <paramref name="destination"/>, at most 8,160 bytes. The caller wipes it.</summary>
    public static void Derive(SharedSecret secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, Span<byte> destination) =>
        KeyDerivationAlgorithm.HkdfSha256.DeriveBytes(secret, salt, info, destination);
}
