namespace ZeroK.Client.Keys;

/// <summary>Every label under which a key is derived from a group's secret: HKDF-SHA256 (RFC 5869), no salt, info = label || key epoch (u32, big-endian). A label is retired, never reused.</summary>
/// <remarks>docs/PROTOCOL.md, Keys. A test holds the derived bytes of a fixed secret.</remarks>
internal static class KeyLabels
{
    /// <summary>Seed of the Ed25519 admission key pair.</summary>
    public static ReadOnlySpan<byte> Admission => "0ksync/1 admission"u8;

    /// <summary>XChaCha20-Poly1305 key of the blobs of an epoch.</summary>
    public static ReadOnlySpan<byte> Blob => "0ksync/1 blob"u8;

    /// <summary>XChaCha20-Poly1305 key of device names.</summary>
    public static ReadOnlySpan<byte> DeviceName => "0ksync/1 device name"u8;

    /// <summary>The secret from which the key of each content object is derived, with its content id.</summary>
    public static ReadOnlySpan<byte> Content => "0ksync/1 content"u8;

    /// <summary>ChaCha20-Poly1305 key of one content object, out of the secret above: info = label || content id (32).</summary>
    public static ReadOnlySpan<byte> ContentKey => "0ksync/1 content key"u8;
}
