using System.Security.Cryptography;
using ZeroK.Wire;

namespace ZeroK.GrainContracts;

/// <summary>Turns group ids into the pseudonyms that the relay works with: grain keys, store keys.</summary>
/// <remarks>HMAC-SHA-256 under a secret that lives in the relay's store, so that neither Orleans' own log lines nor a reader of the logs can tie a line to a group id.</remarks>
public sealed class GroupKey(ReadOnlyMemory<byte> relaySecret)
{
    /// <summary>Bytes of the relay's secret.</summary>
    public const int SecretBytes = 32;

    private static ReadOnlySpan<byte> AdmissionLabel => "0ksync/1 kept admission key"u8;

    /// <summary>The pseudonym: the same on every silo of a relay, for as long as its store lives.</summary>
    public Guid Of(GroupId group)
    {
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(relaySecret.Span, group.ToArray(), mac);
        return new Guid(mac[..16], bigEndian: true);
    }

    /// <summary>What is kept of a group's admission key: enough to know it again. The key itself would give the group id back, which is its hash.</summary>
    /// <param name="admissionKey">The key that a member has proved to have.</param>
    /// <returns>32 bytes, the same on every silo of a relay.</returns>
    public byte[] HashOf(ReadOnlySpan<byte> admissionKey)
    {
        // A label of its own: nothing that is hashed for a pseudonym is as long.
        Span<byte> text = stackalloc byte[AdmissionLabel.Length + admissionKey.Length];
        AdmissionLabel.CopyTo(text);
        admissionKey.CopyTo(text[AdmissionLabel.Length..]);
        return HMACSHA256.HashData(relaySecret.Span, text);
    }
}
