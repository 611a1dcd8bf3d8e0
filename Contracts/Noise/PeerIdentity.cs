using System.Security.Cryptography;

namespace ZeroK.Noise;

/// <summary>The two static public keys of a peer, proved by the handshake.</summary>
/// <param name="X25519">32 bytes.</param>
/// <param name="MlKem768">1,184 bytes.</param>
public sealed record PeerIdentity(ReadOnlyMemory<byte> X25519, ReadOnlyMemory<byte> MlKem768)
{
    /// <summary>Bytes of a fingerprint.</summary>
    public const int FingerprintBytes = 32;

    /// <summary>SHA-256 over "0ksync/1 identity" (ASCII), the X25519 key and the ML-KEM key: 32 bytes. A device's id, a relay's fingerprint.</summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("0ksync/1 identity"u8);
        hash.AppendData(X25519.Span);
        hash.AppendData(MlKem768.Span);
        return hash.GetHashAndReset();
    }

    /// <inheritdoc/>
    public override string ToString() => "[identity]";
}
