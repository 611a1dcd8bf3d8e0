using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Sync;

/// <summary>S-SM-01: the connection is cut with a push in flight: before the relay got it (the way up), or after it stored it (the way down). The blob is on the relay exactly once.</summary>
public sealed class DisconnectDuringPush : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var client = topology.Clients[0];
        var direction = run.Iteration % 2 == 0 ? Direction.Upstream : Direction.Downstream;
        client.Link.Add("partition", direction);
        var before = client.Link.Hits().Values.Sum();
        await load.PushFromAsync(client, 5, 20_000, cancellationToken).ConfigureAwait(false);
        while (client.Link.Hits().Values.Sum() == before) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await client.Link.CutAsync().ConfigureAwait(false);
        run.Fault($"cut with pushes held {direction}");
        client.Link.Heal();
        run.Healed("the path is whole");
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-SM-02: the connection is cut in the middle of a pull response.</summary>
public sealed class DisconnectDuringPull : SyncScenario
{
    // The handshake and WELCOME take some 6 KB on the way down.
    private const int HandshakeBytes = 8_000;

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (pusher, reader) = (topology.Clients[0], topology.Clients[1]);
        await reader.StopAsync().ConfigureAwait(false);
        await load.PushFromAsync(pusher, 40, 20_000, cancellationToken).ConfigureAwait(false);
        await pusher.WaitForAsync(s => s.Pending == 0, cancellationToken).ConfigureAwait(false);
        reader.Link.Add("limit_data", Direction.Downstream, ("bytes", HandshakeBytes + run.Random.Next(200_000)));
        await reader.StartAsync(cancellationToken).ConfigureAwait(false);
        while (reader.Link.Hits().Values.Sum() == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        run.Fault("cut in the middle of a pull response");
        reader.Link.Heal();
        run.Healed("the path is whole");
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-SM-03: connect and disconnect, 10 cycles in 5 s, with pushes under way.</summary>
public sealed class RapidConnectAndDisconnect : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var pushing = load.PushAsync(30, 10_000, cancellationToken);
        for (var cycle = 0; cycle < 10; cycle++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(run.Random.Next(200, 500)), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            foreach (var client in topology.Clients) await client.Link.CutAsync().ConfigureAwait(false);
            run.Fault(FormattableString.Invariant($"cut {cycle + 1}"));
        }

        await pushing.ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-SM-04: a device that pushes and receives is killed with -9 at a seeded point and started again from its files.</summary>
public sealed class RecoveryAfterACrash : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (victim, other) = (topology.Clients[0], topology.Clients[1]);
        var pushing = load.PushFromAsync(other, 40, 10_000, cancellationToken);
        await load.PushFromAsync(victim, run.Random.Next(1, 20), 10_000, cancellationToken).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromMilliseconds(run.Random.Next(200)), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await victim.KillAsync().ConfigureAwait(false);
        run.Fault("kill -9 of a device");
        await victim.StartAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("the device is back on its files");
        await pushing.ConfigureAwait(false);
        await load.PushFromAsync(victim, 5, 10_000, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-CONV-01: both devices push while cut off from the relay, then reconnect: they end with the same blobs and byte-identical version vectors.</summary>
public sealed class PartitionThenReconciliation : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "partition of both devices", link => link.AddBoth("partition"), async () =>
        {
            await load.PushAsync(20, 20_000, cancellationToken).ConfigureAwait(false);
            while (topology.Clients.Any(c => c.Link.Hits().Values.Sum() == 0)) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        });
}
