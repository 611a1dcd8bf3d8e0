using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using ZeroK.Transport;

namespace ZeroK.Client;

/// <summary>Where a relay is and who it is. As text: <c>zerok-relay://host:port/fingerprint</c>, the fingerprint in base64url (43 characters).</summary>
public sealed class RelayAddress : IEquatable<RelayAddress>
{
    /// <summary>What the text form begins with.</summary>
    public const string Prefix = "zerok-relay://";

    /// <summary>Bytes of a fingerprint.</summary>
    public const int FingerprintSize = 32;

    /// <summary>The longest host name, characters.</summary>
    public const int HostCharsMax = RelayEndpoint.HostCharsMax;

    private readonly byte[] _fingerprint;

    /// <summary>Makes an address.</summary>
    /// <param name="host">A host name or an IP address (IPv6 without brackets).</param>
    /// <param name="port">1 to 65,535: TCP and QUIC.</param>
    /// <param name="fingerprint">The relay's fingerprint, 32 bytes; it prints it at start.</param>
    /// <exception cref="ArgumentException">One of them is not valid.</exception>
    public RelayAddress(string host, int port, ReadOnlySpan<byte> fingerprint)
    {
        if (!RelayEndpoint.IsHost(host)) throw new ArgumentException("This is neither a host name nor an IP address. Write an international name in its xn-- form.", nameof(host));
        if (port is < 1 or > 65535) throw new ArgumentException("A port is 1 to 65535.", nameof(port));
        if (fingerprint.Length != FingerprintSize) throw new ArgumentException($"A fingerprint has {FingerprintSize} bytes.", nameof(fingerprint));
        Host = host;
        Port = port;
        _fingerprint = fingerprint.ToArray();
    }

    /// <summary>The host name or IP address.</summary>
    public string Host { get; }

    /// <summary>The port, for TCP and QUIC.</summary>
    public int Port { get; }

    /// <summary>The fingerprint that the relay must prove, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Fingerprint => _fingerprint;

    internal RelayEndpoint Endpoint => new(Host, Port);

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is not an address; the message says what is wrong.</exception>
    public static RelayAddress Parse(string text) =>
        TryParse(text, out var address, out var problem) ? address : throw new FormatException(problem);

    /// <summary>Reads the text form.</summary>
    /// <param name="text">The text; a missing port means 4840.</param>
    /// <param name="address">The address.</param>
    /// <param name="problem">What is wrong and what to do, for a person.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RelayAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        text = text?.Trim() ?? "";
        if (!text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            problem = $"A relay address begins with {Prefix}. The relay prints its address when it starts.";
            return false;
        }

        var rest = text.AsSpan(Prefix.Length);
        var slash = rest.IndexOf('/');
        if (slash < 0)
        {
            problem = $"The relay's fingerprint is missing: {Prefix}host:port/fingerprint. The relay prints its whole address when it starts.";
            return false;
        }

        if (!TryFingerprint(rest[(slash + 1)..].TrimEnd('/'), out var fingerprint))
        {
            problem = "The relay's fingerprint is not 43 characters of base64url. Was the address copied in full?";
            return false;
        }

        if (!RelayEndpoint.TryParse(rest[..slash], out var endpoint))
        {
            problem = "The part before the fingerprint is not host:port, with a port of 1 to 65535 and an IPv6 address in brackets.";
            return false;
        }

        address = new RelayAddress(endpoint.Host, endpoint.Port, fingerprint);
        problem = null;
        return true;
    }

    /// <summary>The text form. Public: it tells where the relay is, and no secret.</summary>
    public override string ToString() => $"{Prefix}{Endpoint}/{Base64Url.EncodeToString(_fingerprint)}";

    /// <inheritdoc/>
    public bool Equals(RelayAddress? other) =>
        other is not null && Port == other.Port && string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase) && _fingerprint.AsSpan().SequenceEqual(other._fingerprint);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RelayAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Port, Host.ToUpperInvariant(), _fingerprint[0], _fingerprint[31]);

    private static bool TryFingerprint(ReadOnlySpan<char> text, out byte[] fingerprint)
    {
        fingerprint = new byte[FingerprintSize];
        return Base64Url.IsValid(text, out var length) && length == FingerprintSize
            && Base64Url.TryDecodeFromChars(text, fingerprint, out var written) && written == FingerprintSize;
    }
}
