using System.Net;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Gateway.Proxies;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>What the relay reads before a handshake.</summary>
internal static class GatewayTargets
{
    private static readonly byte[] IPv4 = [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 0x30, 0x39, 0x12, 0xE8];
    private static readonly byte[] IPv6 = [.. IPv4.AsSpan(0, 13), 0x21, 0, 36, .. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. new byte[20]];
    private static readonly byte[] Local = [.. IPv4.AsSpan(0, 12), 0x20, 0, 0, 0];

    /// <summary>A header of PROXY protocol version 2: what is taken for a client's address is one that prints and reads again.</summary>
    public static FuzzTarget ProxyHeader { get; } = new("proxy-header", [IPv4, IPv6, Local], static bytes =>
        bytes.Length >= Gateway.Proxies.ProxyHeader.FixedBytes
        && Gateway.Proxies.ProxyHeader.TryReadLength(bytes.AsSpan(0, Gateway.Proxies.ProxyHeader.FixedBytes), out var rest)
        && bytes.Length >= Gateway.Proxies.ProxyHeader.FixedBytes + rest
        && Gateway.Proxies.ProxyHeader.TryReadSource(bytes.AsSpan(0, Gateway.Proxies.ProxyHeader.FixedBytes), bytes.AsSpan(Gateway.Proxies.ProxyHeader.FixedBytes, rest), out var source) ? source ?? IPAddress.None : null)
    {
        Verify = static (_, value) =>
        {
            var address = (IPAddress)value;
            if (!IPAddress.TryParse(address.ToString(), out var again) || !again.Equals(address)) throw new InvalidOperationException("An address is another when read again.");
            if (address.IsIPv4MappedToIPv6) throw new InvalidOperationException("One address has two names.");
        },
    };
}
