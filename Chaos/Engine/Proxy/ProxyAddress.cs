using System.Globalization;
using System.Net;

namespace ZeroK.Chaos.Proxy;

/// <summary>A host and a port.</summary>
/// <param name="Host">A name or an IP address (IPv6 without brackets).</param>
/// <param name="Port">0 to 65,535.</param>
public readonly record struct ProxyAddress(string Host, int Port)
{
    /// <summary>Reads "host:port" or "[v6]:port"; an empty host is the loopback address.</summary>
    /// <exception cref="ProxyException">It is something else.</exception>
    public static ProxyAddress Parse(string? text, ProxyProblem problem = ProxyProblem.Invalid)
    {
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new ProxyException(problem, $"'{text}' is not an address; it must be host:port");
        var host = text![..colon].Trim('[', ']');
        return new ProxyAddress(host.Length == 0 ? "127.0.0.1" : host, port);
    }

    /// <summary>The address as numbers.</summary>
    public async Task<IPEndPoint> ResolveAsync() =>
        new(IPAddress.TryParse(Host, out var address) ? address : (await Dns.GetHostAddressesAsync(Host).ConfigureAwait(false))[0], Port);

    /// <summary>host:port, with an IPv6 address in brackets.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}
