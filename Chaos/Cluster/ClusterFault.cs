using ZeroK.Postgres;

namespace ZeroK.Chaos.Cluster;

/// <summary>A fault: what it is called, and how it is done and undone.</summary>
/// <param name="Name">As the report calls it.</param>
/// <param name="UnavailableMax">How long a group may be without an answer; null: no target.</param>
/// <param name="InjectAsync">Does it and undoes it; returns when the cluster is whole again.</param>
public sealed record ClusterFault(string Name, TimeSpan? UnavailableMax, Func<Nodes, Random, CancellationToken, Task> InjectAsync)
{
    private static readonly TimeSpan DownFor = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan FrozenFor = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DatabaseDownFor = TimeSpan.FromSeconds(2);

    /// <summary>The faults of a run; one more is one row.</summary>
    public static IReadOnlyList<ClusterFault> All { get; } =
    [
        new("relay kill -9", TimeSpan.FromSeconds(3), KillAsync),
        new("relay SIGSTOP", TimeSpan.FromSeconds(15), FreezeAsync),
        new("PostgreSQL restart", null, (nodes, _, stop) => RestartAsync(nodes.Server, s => s.ShutDownAsync(), stop)),
        new("PostgreSQL kill -9", null, (nodes, _, stop) => RestartAsync(nodes.Server, s => s.KillAsync(), stop)),
    ];

    private static async Task KillAsync(Nodes nodes, Random random, CancellationToken stop)
    {
        var relay = nodes.Relays[random.Next(nodes.Relays.Count)];
        await relay.KillAsync().ConfigureAwait(false);
        await Task.Delay(DownFor, TimeProvider.System, stop).ConfigureAwait(false);
        await relay.StartAsync(stop).ConfigureAwait(false);
    }

    // Long enough that the others declare it dead. It goes on as a zombie, learns that, and ends.
    private static async Task FreezeAsync(Nodes nodes, Random random, CancellationToken stop)
    {
        var relay = nodes.Relays[random.Next(nodes.Relays.Count)];
        await relay.PauseAsync().ConfigureAwait(false);
        await Task.Delay(FrozenFor, TimeProvider.System, stop).ConfigureAwait(false);
        await relay.ResumeAsync().ConfigureAwait(false);
        await Task.Delay(DownFor, TimeProvider.System, stop).ConfigureAwait(false);
        if (relay.Running) await relay.KillAsync().ConfigureAwait(false);
        await relay.StartAsync(stop).ConfigureAwait(false);
    }

    private static async Task RestartAsync(PostgreSqlServer server, Func<PostgreSqlServer, Task> end, CancellationToken stop)
    {
        await end(server).ConfigureAwait(false);
        await Task.Delay(DatabaseDownFor, TimeProvider.System, stop).ConfigureAwait(false);
        await server.StartAgainAsync().ConfigureAwait(false);
    }
}
