using System.Buffers.Binary;
using System.Net;

namespace ZeroK.Gateway.Proxies;

/// <summary>The header by which a proxy says whose connection it passes on: PROXY protocol, version 2 (HAProxy, "The PROXY protocol", section 2.2).</summary>
/// <remarks>16 bytes (signature, version and command, family, length of the rest), then the addresses and TLVs, which are passed over.</remarks>
internal static class ProxyHeader
{
    /// <summary>Bytes of the part that says how long the rest is.</summary>
    public const int FixedBytes = 16;

    /// <summary>The longest rest that is read: addresses and TLVs. The specification has receivers take at least 536.</summary>
    public const int RestBytesMax = 4096;

    private const int IPv4Bytes = 12, IPv6Bytes = 36;

    private static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <summary>How many bytes follow the first 16.</summary>
    /// <returns>False if these are not the first bytes of such a header, or it is longer than is read.</returns>
    public static bool TryReadLength(ReadOnlySpan<byte> first, out int rest)
    {
        rest = 0;
        if (first.Length != FixedBytes || !first.StartsWith(Signature) || first[12] is not (0x20 or 0x21)) return false;
        rest = BinaryPrimitives.ReadUInt16BigEndian(first[14..]);
        return rest <= RestBytesMax;
    }

    /// <summary>Who is behind the proxy.</summary>
    /// <param name="first">The first 16 bytes, which <see cref="TryReadLength"/> took.</param>
    /// <param name="rest">The rest, whole.</param>
    /// <param name="source">The client's address; null where the proxy speaks for itself (LOCAL) or names no internet address (UNSPEC, UNIX): then it is the connection's own.</param>
    /// <returns>False if the rest is too short for what it announces.</returns>
    public static bool TryReadSource(ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, out IPAddress? source)
    {
        source = null;
        if (first[12] == 0x20) return true;
        switch (first[13] >> 4)
        {
            case 1 when rest.Length >= IPv4Bytes:
                source = new IPAddress(rest[..4]);
                return true;
            case 2 when rest.Length >= IPv6Bytes:
                var address = new IPAddress(rest[..16]);
                source = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
                return true;
            case 0 or 3:
                return true;
            default:
                return false;
        }
    }
}
