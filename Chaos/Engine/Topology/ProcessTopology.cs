using System.Globalization;

namespace ZeroK.Chaos.Topology;

/// <summary>Real executables on loopback: relays and clients are processes of their own.</summary>
public sealed class ProcessTopology(TopologySettings settings) : GroupTopology(settings)
{
    /// <inheritdoc/>
    protected override ITestRelay CreateRelay(int index, IReadOnlyList<string> settings) =>
        new RelayProcess(Settings.RelayDll, Path.Combine(Settings.Directory, index == 0 ? "" : "relay" + index.ToString(CultureInfo.InvariantCulture)), settings);

    /// <inheritdoc/>
    protected override IAgentHost CreateAgentHost(string label) => new ProcessAgentHost(Settings.AgentDll);
}
