using System.Globalization;

namespace ZeroK.Chaos.Topology;

/// <summary>Relays and clients within this process, over real sockets and proxies on loopback: quick to start, and open to planted bugs.</summary>
/// <param name="settings">What to build.</param>
/// <param name="plant">Changes each silo before it starts, to plant a bug; null: nothing.</param>
public sealed class InProcessTopology(TopologySettings settings, Action<ISiloBuilder>? plant = null) : GroupTopology(settings)
{
    /// <inheritdoc/>
    protected override ITestRelay CreateRelay(int index, IReadOnlyList<string> settings) =>
        new InProcessRelay(Path.Combine(Settings.Directory, "relay" + index.ToString(CultureInfo.InvariantCulture)), settings, plant);

    /// <inheritdoc/>
    protected override IAgentHost CreateAgentHost(string label) => new InProcessAgentHost();
}
