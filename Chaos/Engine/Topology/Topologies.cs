namespace ZeroK.Chaos.Topology;

/// <summary>The kinds of topology: one more is one row.</summary>
public static class Topologies
{
    private static readonly Dictionary<string, Func<TopologySettings, GroupTopology>> Kinds = new()
    {
        ["inprocess"] = settings => new InProcessTopology(settings),
        ["processes"] = settings => new ProcessTopology(settings),
        ["docker"] = settings => new DockerTopology(settings),
    };

    /// <summary>Whether a topology can be built for a tier.</summary>
    public static bool Has(string tier) => Kinds.ContainsKey(tier);

    /// <summary>Starts a topology: relays and clients as the settings say, all connected.</summary>
    /// <exception cref="ArgumentException">There is none for the tier.</exception>
    /// <exception cref="Scenarios.ScenarioSkippedException">The machine lacks what it needs.</exception>
    public static async Task<ITopology> StartAsync(string tier, TopologySettings settings, CancellationToken cancellationToken)
    {
        if (!Kinds.TryGetValue(tier, out var create)) throw new ArgumentException($"There is no topology for the tier {tier}.", nameof(tier));
        var topology = create(settings);
        await topology.StartAsync(cancellationToken).ConfigureAwait(false);
        return topology;
    }
}
