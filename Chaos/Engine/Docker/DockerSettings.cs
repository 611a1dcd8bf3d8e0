using System.Net;

namespace ZeroK.Chaos.Docker;

/// <summary>What the Docker tier is told from outside.</summary>
/// <param name="RelayImage">The relay's image. Default zerok-relay:chaos, or the environment variable <see cref="RelayImageVariable"/>.</param>
/// <param name="AgentImage">The image of the suite's device agent. Default zerok-chaos:chaos, or <see cref="AgentImageVariable"/>.</param>
public sealed record DockerSettings(string RelayImage, string AgentImage)
{
    /// <summary>Names another image of the relay.</summary>
    public const string RelayImageVariable = "ZEROK_CHAOS_RELAY_IMAGE";

    /// <summary>Names another image of the agent.</summary>
    public const string AgentImageVariable = "ZEROK_CHAOS_AGENT_IMAGE";

    /// <summary>How many subnets there are to choose from.</summary>
    public const int Subnets = 256;

    /// <summary>From this process's environment.</summary>
    public static DockerSettings FromEnvironment() =>
        new(Environment.GetEnvironmentVariable(RelayImageVariable) ?? "zerok-relay:chaos", Environment.GetEnvironmentVariable(AgentImageVariable) ?? "zerok-chaos:chaos");

    /// <summary>A subnet of a run: a /24 of 10.213.0.0/16. Address 1 is this machine, 2 to 49 are relays, 50 and up devices.</summary>
    /// <param name="n">Any number of 0 or more.</param>
    public static IPNetwork Subnet(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        return new IPNetwork(new IPAddress([10, 213, (byte)(n % Subnets), 0]), 24);
    }
}
