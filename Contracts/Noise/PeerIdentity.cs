using System.Security.Cryptography;

namespace ZeroK.Noise;

/// <summary>The two static public keys of a peer, proved by the handshake.</summary>
/// <param name="X25519">32 bytes.</param>
/// <param name="MlKem768">1,184 bytes.</param>
public sealed record PeerIdentity(ReadOnlyMemory<byte> X25519, ReadOnlyMemory<byte> MlKem768)
{
    /// <summary>Bytes of a fingerprint.</summary>
    public const int FingerprintBytes = 32;

    /// <summary>Bytes of a device's Ed25519 public key.</summary>
    public const int SigningKeyBytes = 32;

    /// <summary>SHA-256 over "0ksync/1 identity" (ASCII), the X25519 key and the ML-KEM key: 32 bytes. What a client pins of a relay.</summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("0ksync/1 identity"u8);
        hash.AppendData(X25519.Span);
        hash.AppendData(MlKem768.Span);
        return hash.GetHashAndReset();
    }

    /// <summary>SHA-256 over "0ksync/1 device" (ASCII), the fingerprint and the Ed25519 signing key: 32 bytes. A device's id, so that an id can't be given other keys.</summary>
    /// <param name="signingKey">32 bytes: what the device signs its blobs with.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public byte[] DeviceId(ReadOnlySpan<byte> signingKey) => DeviceId(Fingerprint(), signingKey);

    /// <summary>The same from a fingerprint that is at hand.</summary>
    /// <param name="fingerprint">32 bytes, see <see cref="Fingerprint"/>.</param>
    /// <param name="signingKey">32 bytes.</param>
    /// <exception cref="ArgumentException">One of them has another length.</exception>
    public static byte[] DeviceId(ReadOnlySpan<byte> fingerprint, ReadOnlySpan<byte> signingKey)
    {
        if (fingerprint.Length != FingerprintBytes) throw new ArgumentException($"A fingerprint has {FingerprintBytes} bytes.", nameof(fingerprint));
        if (signingKey.Length != SigningKeyBytes) throw new ArgumentException($"A signing key has {SigningKeyBytes} bytes.", nameof(signingKey));
        var label = "0ksync/1 device"u8;
        Span<byte> text = stackalloc byte[label.Length + FingerprintBytes + SigningKeyBytes];
        label.CopyTo(text);
        fingerprint.CopyTo(text[label.Length..]);
        signingKey.CopyTo(text[(label.Length + FingerprintBytes)..]);
        return SHA256.HashData(text);
    }

    /// <inheritdoc/>
    public override string ToString() => "[identity]";
}
