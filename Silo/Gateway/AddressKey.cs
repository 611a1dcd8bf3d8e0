using System.Net;
using System.Net.Sockets;

namespace ZeroK.Gateway;

/// <summary>How much of an address a limit looks at.</summary>
internal enum NetworkSize
{
    /// <summary>One host: an IPv4 address; an IPv6 /64, since a single host is given that many.</summary>
    Address = 0,
    /// <summary>One customer: an IPv6 /56. IPv4 has none.</summary>
    Site,
    /// <summary>One network: an IPv4 /24, an IPv6 /48.</summary>
    Network,
}

/// <summary>A network that limits count.</summary>
internal readonly record struct NetworkKey(NetworkSize Size, string Name)
{
    /// <summary>A constant: it is somebody's address.</summary>
    public override string ToString() => "[network]";
}

/// <summary>What counts as one address, one site and one network for limits. Any text that is no IP address is one address.</summary>
internal static class AddressKey
{
    /// <summary>The address alone.</summary>
    public static string Of(string remoteAddress) => NetworksOf(remoteAddress)[0].Name;

    /// <summary>The networks that an address belongs to, the narrowest first.</summary>
    public static NetworkKey[] NetworksOf(string remoteAddress)
    {
        if (!IPAddress.TryParse(remoteAddress, out var address)) return [new(NetworkSize.Address, remoteAddress)];
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? [new(NetworkSize.Address, First(address, 4)), new(NetworkSize.Network, First(address, 3))]
            : [new(NetworkSize.Address, First(address, 8)), new(NetworkSize.Site, First(address, 7)), new(NetworkSize.Network, First(address, 6))];
    }

    private static string First(IPAddress address, int bytes)
    {
        var all = address.GetAddressBytes();
        all.AsSpan(bytes).Clear();
        return new IPAddress(all).ToString();
    }
}
