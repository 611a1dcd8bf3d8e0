using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>The proof of membership in a HELLO (docs/PROTOCOL.md, Membership): Ed25519 by the group's admission key over text || handshake hash || group id || device id. The handshake hash makes it worthless in any other session.</summary>
internal static class HelloProof
{
    /// <summary>Whether the signature is the admission key's for this session, this group and this device.</summary>
    public static bool IsSigned(Hello hello, ReadOnlySpan<byte> handshakeHash, DeviceId device)
    {
        if (hello.AdmissionKey.Length != 32 || hello.Signature.Length != 64 || handshakeHash.Length != 32) return false;
        var label = "0ksync/1 hello"u8;
        Span<byte> text = stackalloc byte[label.Length + 32 + GroupId.Size + DeviceId.Size];
        label.CopyTo(text);
        handshakeHash.CopyTo(text[label.Length..]);
        hello.Group.CopyTo(text[(label.Length + 32)..]);
        device.CopyTo(text[(label.Length + 32 + GroupId.Size)..]);
        return IsSignature(hello.AdmissionKey.Span, text, hello.Signature.Span);
    }

    /// <summary>Whether it is an Ed25519 signature (RFC 8032) of the text by the key. False for a key or signature that is none.</summary>
    internal static bool IsSignature(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        PublicKey.TryImport(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey, out var key) && key is not null && SignatureAlgorithm.Ed25519.Verify(key, text, signature);

    /// <summary>Whether the group id is the hash of the admission key: true only for the key that the group began with.</summary>
    public static bool GroupMatchesKey(Hello hello)
    {
        var label = "0ksync/1 group"u8;
        Span<byte> text = stackalloc byte[label.Length + 32];
        label.CopyTo(text);
        hello.AdmissionKey.Span.CopyTo(text[label.Length..]);
        Span<byte> hash = stackalloc byte[32], group = stackalloc byte[GroupId.Size];
        SHA256.HashData(text, hash);
        hello.Group.CopyTo(group);
        return CryptographicOperations.FixedTimeEquals(hash, group);
    }
}
