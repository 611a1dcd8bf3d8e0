using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Sync;

/// <summary>S-CONC-01, concurrent_push_no_lost_writes: two devices push at the same instant. The load is the fault.</summary>
public sealed class SimultaneousPush : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(load);
        await load.PushAsync(25, 20_000, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-CONC-02: A pushes while B is in the middle of a pull.</summary>
public sealed class PushDuringPull : SyncScenario
{
    // A handshake takes some 9 KB; what is more is a page of some 600 KB on its way.
    private const int PageBegunBytes = 60_000;

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (pusher, reader) = (topology.Clients[0], topology.Clients[1]);
        await reader.StopAsync().ConfigureAwait(false);
        await load.PushFromAsync(pusher, 60, 20_000, cancellationToken).ConfigureAwait(false);
        await pusher.WaitForAsync(s => s.Pending == 0, cancellationToken).ConfigureAwait(false);
        reader.Link.Add("bandwidth", Proxy.Direction.Downstream, ("rate", 100));
        var before = Carried(reader);
        await reader.StartAsync(cancellationToken).ConfigureAwait(false);
        while (Carried(reader) < before + PageBegunBytes) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        run.That(topology.History.DistinctDeliveries(reader.Label) < 60, "the pull was over before the push began");
        await load.PushFromAsync(pusher, 20, 5_000, cancellationToken).ConfigureAwait(false);
        run.Observe("pushed into a pull");
        reader.Link.Heal();
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }

    private static int Carried(ITestClient client) => client.Link.Captures.Sum(c => c.ToArray().Length);
}

/// <summary>S-CONC-03: 100 blobs within a second from one device.</summary>
public sealed class RapidPushes : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        await load.PushFromAsync(topology.Clients[0], 100, 1_000, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-CONC-04: A pushes, B and C pull at the same time.</summary>
public sealed class ThreeClientFanOut : SyncScenario
{
    /// <inheritdoc/>
    protected override int Devices => 3;

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        await load.PushFromAsync(topology.Clients[0], 40, 20_000, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}
