using NSec.Cryptography;

namespace ZeroK.Noise.Internal;

/// <summary>X25519 (RFC 7748) over guarded keys.</summary>
internal static class X25519
{
    public const int Bytes = 32;

    public static Key Import(ReadOnlySpan<byte> privateKey, bool exportable = false) => Key.Import(
        KeyAgreementAlgorithm.X25519, privateKey, KeyBlobFormat.RawPrivateKey,
        new KeyCreationParameters { ExportPolicy = exportable ? KeyExportPolicies.AllowPlaintextExport : KeyExportPolicies.None });

    public static byte[] PublicOf(Key key) => key.PublicKey.Export(KeyBlobFormat.RawPublicKey);

    /// <summary>The shared secret; false for a point of low order, whose result would be zero.</summary>
    public static bool TryAgree(Key key, ReadOnlySpan<byte> publicKey, Span<byte> secret)
    {
        if (!PublicKey.TryImport(KeyAgreementAlgorithm.X25519, publicKey, KeyBlobFormat.RawPublicKey, out var other) || other is null) return false;
        using var shared = KeyAgreementAlgorithm.X25519.Agree(key, other, new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        if (shared is null) return false;
        return shared.TryExport(SharedSecretBlobFormat.RawSharedSecret, secret, out var size) && size == Bytes && secret.ContainsAnyExcept((byte)0);
    }
}
