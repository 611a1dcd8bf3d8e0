using System.Net;
using System.Net.Sockets;

namespace ZeroK.Gateway;

/// <summary>What counts as one address for limits: an IPv4 address; an IPv6 /64, since a single host is given that many; any other text as it is.</summary>
internal static class AddressKey
{
    public static string Of(string remoteAddress)
    {
        if (!IPAddress.TryParse(remoteAddress, out var address)) return remoteAddress;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4().ToString();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }
}
