using System.Security.Cryptography;
using ZeroK.Wire;

namespace ZeroK.GrainContracts;

/// <summary>Turns group ids into the pseudonyms that the relay works with: grain keys, store keys.</summary>
/// <remarks>HMAC-SHA-256 under a secret that lives in the relay's store, so that neither Orleans' own log lines nor a reader of the logs can tie a line to a group id.</remarks>
public sealed class GroupKey(ReadOnlyMemory<byte> relaySecret)
{
    /// <summary>Bytes of the relay's secret.</summary>
    public const int SecretBytes = 32;

    /// <summary>The pseudonym: the same on every silo of a relay, for as long as its store lives.</summary>
    public Guid Of(GroupId group)
    {
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(relaySecret.Span, group.ToArray(), mac);
        return new Guid(mac[..16], bigEndian: true);
    }
}
