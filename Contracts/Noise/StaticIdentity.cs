using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Noise.Internal;
using X25519 = ZeroK.Noise.Internal.X25519;

namespace ZeroK.Noise;

/// <summary>An X25519 and an ML-KEM-768 static key pair: who a relay is; a device has a third key (<see cref="DeviceIdentity"/>). Disposing wipes them.</summary>
public class StaticIdentity : IDisposable
{
    /// <summary>Bytes that <see cref="ExportSecret"/> gives: the X25519 private key (32) and the ML-KEM seed d || z (64).</summary>
    public const int SecretBytes = X25519.Bytes + Internal.MlKem768.SeedBytes;

    private readonly byte[] _seed;

    private protected StaticIdentity(ReadOnlySpan<byte> secret)
    {
        Dh = X25519.Import(secret[..X25519.Bytes], exportable: true);
        _seed = secret[X25519.Bytes..].ToArray();
        Kem = new MlKemKey(_seed);
        Public = new PeerIdentity(X25519.PublicOf(Dh), Kem.Public);
    }

    /// <summary>Makes a fresh identity.</summary>
    public static StaticIdentity Generate()
    {
        Span<byte> secret = stackalloc byte[SecretBytes];
        RandomNumberGenerator.Fill(secret);
        try
        {
            return new StaticIdentity(secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Takes an identity from what <see cref="ExportSecret"/> gave.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static StaticIdentity Import(ReadOnlySpan<byte> secret) => secret.Length == SecretBytes
        ? new StaticIdentity(secret)
        : throw new ArgumentException($"An identity has {SecretBytes} bytes; these are {secret.Length}.", nameof(secret));

    /// <summary>Writes the secret, <see cref="SecretBytes"/> bytes, for a file that only its owner can read. The caller wipes it.</summary>
    public virtual void ExportSecret(Span<byte> destination)
    {
        if (!Dh.TryExport(KeyBlobFormat.RawPrivateKey, destination, out _)) throw new ArgumentException($"The destination has fewer than {SecretBytes} bytes.", nameof(destination));
        _seed.CopyTo(destination[X25519.Bytes..]);
    }

    /// <summary>The public half.</summary>
    public PeerIdentity Public { get; }

    internal Key Dh { get; }

    internal MlKemKey Kem { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Wipes the keys.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        Dh.Dispose();
        Kem.Dispose();
        CryptographicOperations.ZeroMemory(_seed);
    }
}
