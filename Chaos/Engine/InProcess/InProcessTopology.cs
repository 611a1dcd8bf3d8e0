using System.Globalization;
using Microsoft.Extensions.Logging;
using ZeroK.Grains.Storage;

namespace ZeroK.Chaos.Topology;

/// <summary>Relays and clients within this process, over real sockets and proxies on loopback: quick to start, and open to planted bugs.</summary>
/// <param name="settings">What to build.</param>
/// <param name="decorateStore">Puts something around each relay's store, to plant a bug; null: nothing.</param>
public sealed class InProcessTopology(TopologySettings settings, Func<IGroupStore, ILoggerFactory, IGroupStore>? decorateStore = null) : GroupTopology(settings)
{
    /// <inheritdoc/>
    protected override ITestRelay CreateRelay(int index, IReadOnlyList<string> settings) =>
        new InProcessRelay(Path.Combine(Settings.Directory, "relay" + index.ToString(CultureInfo.InvariantCulture)), settings, decorateStore);

    /// <inheritdoc/>
    protected override IAgentHost CreateAgentHost(string label) => new InProcessAgentHost();
}
