using System.Buffers.Binary;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Wire;

namespace ZeroK.Client.Keys;

/// <summary>The keys of one epoch of a group, in locked memory. Disposing wipes them.</summary>
internal sealed class KeyRing : IDisposable
{
    private const int LabelBytesMax = 64;
    private static readonly AeadAlgorithm Aead = AeadAlgorithm.XChaCha20Poly1305;
    private readonly Key _admission;
    private readonly SharedSecret _content;

    /// <summary>Derives the keys.</summary>
    /// <param name="secret">The secret of the epoch.</param>
    /// <param name="epoch">The epoch: 1 for a group's first secret.</param>
    public KeyRing(GroupSecret secret, uint epoch)
    {
        ArgumentOutOfRangeException.ThrowIfZero(epoch);
        Epoch = epoch;
        Span<byte> seed = stackalloc byte[32];
        try
        {
            DeriveBytes(secret, KeyLabels.Admission, epoch, seed);
            _admission = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }

        AdmissionKey = _admission.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        Blob = DeriveKey(secret, KeyLabels.Blob, epoch);
        DeviceName = DeriveKey(secret, KeyLabels.DeviceName, epoch);
        Span<byte> content = stackalloc byte[32];
        try
        {
            DeriveBytes(secret, KeyLabels.Content, epoch, content);
            _content = SharedSecret.Import(content, SharedSecretBlobFormat.RawSharedSecret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>The epoch of these keys.</summary>
    public uint Epoch { get; }

    /// <summary>The admission public key, 32 bytes: the relay keeps it.</summary>
    public ReadOnlyMemory<byte> AdmissionKey { get; }

    /// <summary>Seals blobs.</summary>
    public Key Blob { get; }

    /// <summary>Seals device names.</summary>
    public Key DeviceName { get; }

    /// <summary>The group whose first admission key this is: SHA-256("0ksync/1 group" || key).</summary>
    public GroupId GroupOfFirstKey()
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData([.. "0ksync/1 group"u8, .. AdmissionKey.Span], hash);
        return new GroupId(hash);
    }

    /// <summary>Signs HELLO: "0ksync/1 hello" || handshake hash || group id || device id.</summary>
    /// <returns>64 bytes.</returns>
    public byte[] SignHello(ReadOnlySpan<byte> handshakeHash, GroupId group, DeviceId device)
    {
        byte[] text = [.. "0ksync/1 hello"u8, .. handshakeHash, .. group.ToArray(), .. device.ToArray()];
        return SignatureAlgorithm.Ed25519.Sign(_admission, text);
    }

    /// <summary>The key of one content object: HKDF-SHA256 of the epoch's content secret, info = label || content id (32). The caller wipes it.</summary>
    public void DeriveContentKey(ContentId id, Span<byte> destination)
    {
        var label = KeyLabels.ContentKey;
        Span<byte> info = stackalloc byte[LabelBytesMax + ContentId.Size];
        label.CopyTo(info);
        id.CopyTo(info[label.Length..]);
        Hkdf.Derive(_content, [], info[..(label.Length + ContentId.Size)], destination);
    }

    /// <summary>The one place where bytes are derived from a group's secret.</summary>
    internal static void DeriveBytes(GroupSecret secret, ReadOnlySpan<byte> label, uint epoch, Span<byte> destination)
    {
        Span<byte> info = stackalloc byte[LabelBytesMax + 4];
        label.CopyTo(info);
        BinaryPrimitives.WriteUInt32BigEndian(info[label.Length..], epoch);
        Hkdf.Derive(secret.Handle, [], info[..(label.Length + 4)], destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _admission.Dispose();
        Blob.Dispose();
        DeviceName.Dispose();
        _content.Dispose();
    }

    // Exportable, because large blobs are sealed by the system's ChaCha20-Poly1305 under a subkey of it.
    private static Key DeriveKey(GroupSecret secret, ReadOnlySpan<byte> label, uint epoch)
    {
        Span<byte> bytes = stackalloc byte[32];
        try
        {
            DeriveBytes(secret, label, epoch, bytes);
            return Key.Import(Aead, bytes, KeyBlobFormat.RawSymmetricKey, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
