using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Topology;

/// <summary>Where the programs are and how a topology is built.</summary>
/// <param name="RelayDll">zerok-relay.dll.</param>
/// <param name="AgentDll">The program with the verb <c>agent</c>.</param>
/// <param name="Directory">Everything of the run is kept below this.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Transport">tcp or quic.</param>
/// <param name="Hook">A fault made by code on the first client's path.</param>
public sealed record TopologySettings(string RelayDll, string AgentDll, string Directory, long Seed, string Transport, Func<long, Direction, Toxic?>? Hook = null)
{
    /// <summary>Devices to start with: 0 (the scenario has its own), 2 (pair), 5, 20 (swarm). Default 2.</summary>
    public int Clients { get; init; } = 2;

    /// <summary>Relays. Every client knows all of them. Default 1.</summary>
    public int Relays { get; init; } = 1;

    /// <summary>Settings of each relay beyond the defaults, as its command line takes them: --Gateway:KeepAliveSeconds=2.</summary>
    public IReadOnlyList<string> RelaySettings { get; init; } = [];
}
