using System.Security.Cryptography;
using NSec.Cryptography;

namespace ZeroK.Noise;

/// <summary>Who a device is: the two key pairs of the handshake and an Ed25519 one that signs what the device writes. Disposing wipes them.</summary>
/// <remarks>The id is a hash over all three public keys (<see cref="PeerIdentity.DeviceId(ReadOnlySpan{byte})"/>): the relay computes it from the two that the handshake proved and the one that HELLO brings.</remarks>
public sealed class DeviceIdentity : StaticIdentity
{
    /// <summary>Bytes that <see cref="ExportSecret"/> gives: those of <see cref="StaticIdentity"/> (96) and the Ed25519 private key (32, RFC 8032's seed).</summary>
    public new const int SecretBytes = StaticIdentity.SecretBytes + SigningBytes;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureBytes = 64;

    private const int SigningBytes = 32;
    private readonly Key _signing;

    private DeviceIdentity(ReadOnlySpan<byte> secret)
        : base(secret[..StaticIdentity.SecretBytes])
    {
        _signing = Key.Import(
            SignatureAlgorithm.Ed25519, secret[StaticIdentity.SecretBytes..], KeyBlobFormat.RawPrivateKey,
            new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        SigningKey = _signing.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        Id = Public.DeviceId(SigningKey.Span);
    }

    /// <summary>The Ed25519 public key, 32 bytes.</summary>
    public ReadOnlyMemory<byte> SigningKey { get; }

    /// <summary>The device's id, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Id { get; }

    /// <summary>Makes a fresh identity.</summary>
    public static new DeviceIdentity Generate()
    {
        Span<byte> secret = stackalloc byte[SecretBytes];
        RandomNumberGenerator.Fill(secret);
        try
        {
            return new DeviceIdentity(secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Takes an identity from what <see cref="ExportSecret"/> gave.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static new DeviceIdentity Import(ReadOnlySpan<byte> secret) => secret.Length == SecretBytes
        ? new DeviceIdentity(secret)
        : throw new ArgumentException($"A device's identity has {SecretBytes} bytes; these are {secret.Length}.", nameof(secret));

    /// <summary>Writes the secret, <see cref="SecretBytes"/> bytes, for a file that only its owner can read. The caller wipes it.</summary>
    public override void ExportSecret(Span<byte> destination)
    {
        base.ExportSecret(destination);
        if (!_signing.TryExport(KeyBlobFormat.RawPrivateKey, destination[StaticIdentity.SecretBytes..], out _)) throw new ArgumentException($"The destination has fewer than {SecretBytes} bytes.", nameof(destination));
    }

    /// <summary>Signs with the device's key: Ed25519 (RFC 8032).</summary>
    /// <param name="text">What is signed; it begins with a label of its own.</param>
    /// <param name="signature">64 bytes.</param>
    public void Sign(ReadOnlySpan<byte> text, Span<byte> signature) => SignatureAlgorithm.Ed25519.Sign(_signing, text, signature);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _signing.Dispose();
        base.Dispose(disposing);
    }
}
