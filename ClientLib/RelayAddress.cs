using System.Diagnostics.CodeAnalysis;

namespace ZeroK.Client;

/// <summary>Where a relay is and who it is. As text: <c>zerok-relay://host:port/fingerprint</c>, the fingerprint in base64url (43 characters).</summary>
public sealed class RelayAddress : IEquatable<RelayAddress>
{
    /// <summary>Bytes of a fingerprint.</summary>
    public const int FingerprintSize = 32;

    /// <summary>The longest host name, characters.</summary>
    public const int HostCharsMax = 253;

    /// <summary>Makes an address.</summary>
    /// <param name="host">A host name or an IP address (IPv6 without brackets).</param>
    /// <param name="port">1 to 65,535: TCP and QUIC.</param>
    /// <param name="fingerprint">The relay's fingerprint, 32 bytes; it prints it at start.</param>
    /// <exception cref="ArgumentException">One of them is not valid.</exception>
    public RelayAddress(string host, int port, ReadOnlySpan<byte> fingerprint) => throw new NotImplementedException();

    /// <summary>The host name or IP address.</summary>
    public string Host => throw new NotImplementedException();

    /// <summary>The port, for TCP and QUIC.</summary>
    public int Port => throw new NotImplementedException();

    /// <summary>The fingerprint that the relay must prove, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Fingerprint => throw new NotImplementedException();

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is not an address; the message says what is wrong.</exception>
    public static RelayAddress Parse(string text) => throw new NotImplementedException();

    /// <summary>Reads the text form.</summary>
    /// <param name="text">The text; a missing port means 4840.</param>
    /// <param name="address">The address.</param>
    /// <param name="problem">What is wrong and what to do, for a person.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RelayAddress? address, [NotNullWhen(false)] out string? problem) => throw new NotImplementedException();

    /// <summary>The text form. Public: it tells where the relay is, and no secret.</summary>
    public override string ToString() => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool Equals(RelayAddress? other) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RelayAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => throw new NotImplementedException();
}
