namespace ZeroK.Noise;

/// <summary>An X25519 and an ML-KEM-768 static key pair: who a device or a relay is. Disposing wipes them.</summary>
public sealed class StaticIdentity : IDisposable
{
    /// <summary>Bytes that <see cref="ExportSecret"/> gives: the X25519 private key (32) and the ML-KEM seed d || z (64).</summary>
    public const int SecretBytes = 96;

    /// <summary>Makes a fresh identity.</summary>
    public static StaticIdentity Generate() => throw new NotImplementedException();

    /// <summary>Takes an identity from what <see cref="ExportSecret"/> gave.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static StaticIdentity Import(ReadOnlySpan<byte> secret) => throw new NotImplementedException();

    /// <summary>Writes the secret, for a file that only its owner can read. The caller wipes it.</summary>
    public void ExportSecret(Span<byte> destination) => throw new NotImplementedException();

    /// <summary>The public half.</summary>
    public PeerIdentity Public => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>The two static public keys of a peer, proved by the handshake.</summary>
/// <param name="X25519">32 bytes.</param>
/// <param name="MlKem768">1,184 bytes.</param>
public sealed record PeerIdentity(ReadOnlyMemory<byte> X25519, ReadOnlyMemory<byte> MlKem768)
{
    /// <summary>SHA-256 over "0ksync/1 identity" (ASCII), the X25519 key and the ML-KEM key: 32 bytes. A device's id, a relay's fingerprint.</summary>
    public byte[] Fingerprint() => throw new NotImplementedException();

    /// <inheritdoc/>
    public override string ToString() => "[identity]";
}
