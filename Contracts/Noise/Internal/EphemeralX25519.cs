using System.Security.Cryptography;

namespace ZeroK.Noise.Internal;

/// <summary>A handshake's own X25519 key: it lives for milliseconds, so it has no guarded pages as a static key has, whose mapping costs as much as an agreement.</summary>
internal sealed class EphemeralX25519 : IDisposable
{
    private readonly byte[] _scalar = GC.AllocateUninitializedArray<byte>(X25519.Bytes, pinned: true);

    internal EphemeralX25519(ReadOnlySpan<byte> scalar)
    {
        scalar.CopyTo(_scalar);
        if (Sodium.X25519Base(Public, _scalar) != 0) throw new CryptographicException("X25519 made no key.");
    }

    /// <summary>32 bytes.</summary>
    public byte[] Public { get; } = new byte[X25519.Bytes];

    /// <summary>The shared secret; false for a point of low order, whose result would be zero.</summary>
    public bool TryAgree(ReadOnlySpan<byte> publicKey, Span<byte> secret) =>
        publicKey.Length == X25519.Bytes && secret.Length == X25519.Bytes
        && Sodium.X25519(secret, _scalar, publicKey) == 0 && secret.ContainsAnyExcept((byte)0);

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_scalar);
}
