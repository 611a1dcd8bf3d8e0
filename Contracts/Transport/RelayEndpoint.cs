using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace ZeroK.Transport;

/// <summary>Where a relay listens: TCP and QUIC on the same port number.</summary>
/// <param name="Host">A host name or an IP address.</param>
/// <param name="Port">The port.</param>
public sealed record RelayEndpoint(string Host, int Port)
{
    /// <summary>The port used where none is given.</summary>
    public const int DefaultPort = 4840;

    /// <summary>The longest host name, characters.</summary>
    public const int HostCharsMax = 253;

    /// <summary>host:port, with an IPv6 address in brackets.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Reads host:port, an IPv6 address in brackets. Any bytes may come: a host that is neither a name nor an address is refused.</summary>
    /// <param name="text">The text.</param>
    /// <param name="endpoint">What it says; null if it is not host:port.</param>
    /// <param name="portWhereNone">The port where the text names none: 1 to 65,535 are named.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out RelayEndpoint? endpoint, int portWhereNone = DefaultPort)
    {
        endpoint = null;
        var isBracketed = text.StartsWith("[");
        var end = text.IndexOf(isBracketed ? ']' : ':');
        if (end < 0 && isBracketed) return false;
        var host = (end < 0 ? text : text[(isBracketed ? 1 : 0)..end]).ToString();
        var port = end < 0 ? default : text[(isBracketed ? end + 1 : end)..];
        var number = portWhereNone;
        if (!port.IsEmpty && !(port[0] == ':' && int.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= 65_535)) return false;
        if (!IsHost(host)) return false;
        endpoint = new RelayEndpoint(host, number);
        return true;
    }

    /// <summary>Whether it is a host name or an IP address (IPv6 without brackets).</summary>
    /// <remarks>Files, invites and messages hold it as ASCII; an international name is written in its xn-- form (RFC 5891).</remarks>
    public static bool IsHost(string? host) =>
        host is { Length: > 0 and <= HostCharsMax } && Ascii.IsValid(host) && Uri.CheckHostName(host) != UriHostNameType.Unknown;
}
