using System.Globalization;

namespace ZeroK.Chaos.Agent;

/// <summary>What an agent is started with.</summary>
/// <param name="Directory">The device's directory; a device is made where there is none.</param>
/// <param name="Relays">The relays, for the device that makes the group.</param>
/// <param name="Invite">The invite, for a device that joins.</param>
/// <param name="Vias">The client's own paths: where a connection to a port really goes, whatever address the invite names.</param>
/// <param name="Transport">tcp or quic.</param>
/// <param name="Seed">The seed of its random waits.</param>
public sealed record AgentSettings(string Directory, IReadOnlyList<string> Relays, string? Invite, IReadOnlyList<AgentVia> Vias, string Transport, int Seed)
{
    /// <summary>The environment variable of the invite: command lines can be seen by others.</summary>
    public const string InviteVariable = "ZEROK_CHAOS_INVITE";

    /// <summary>The command line of the verb <c>agent</c>, without the invite.</summary>
    public IReadOnlyList<string> ToArguments() =>
    [
        "--dir", Directory, "--via", string.Join(',', Vias), "--transport", Transport, "--seed", Seed.ToString(CultureInfo.InvariantCulture),
        .. Relays.Count == 0 ? Array.Empty<string>() : ["--relay", string.Join(',', Relays)],
    ];
}

/// <summary>A path: connections to a port go to a proxy instead.</summary>
/// <param name="FromPort">The port that the invite names.</param>
/// <param name="Host">The proxy's host.</param>
/// <param name="Port">The proxy's port.</param>
public sealed record AgentVia(int FromPort, string Host, int Port)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{FromPort}={Host}:{Port}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">It is not like that.</exception>
    public static AgentVia Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (equals, colon) = (text.IndexOf('=', StringComparison.Ordinal), text.LastIndexOf(':'));
        if (equals < 1 || colon < equals) throw new FormatException($"'{text}' is not port=host:port.");
        return new AgentVia(int.Parse(text[..equals], CultureInfo.InvariantCulture), text[(equals + 1)..colon], int.Parse(text[(colon + 1)..], CultureInfo.InvariantCulture));
    }
}
