using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-LOSS-01: 5 % of datagrams are lost. Over TCP: what the retransmissions cost.</summary>
public sealed class At5PercentRandomLoss : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "5 % loss", link => link.AddBoth("loss", ("percent", 5)), async () =>
        {
            await load.PushAsync(15, 60_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });
}

/// <summary>T-LOSS-02, packet_loss_20_percent: 20 % of datagrams are lost. Over TCP: what the retransmissions cost. What could not be delivered under loss is delivered after it.</summary>
public sealed class At20PercentRandomLoss : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "20 % loss", link => link.AddBoth("loss", ("percent", 20)), async () =>
        {
            await load.PushAsync(10, 30_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });
}

/// <summary>T-LOSS-03: loss in bursts, 10 % in the mean, 25 % correlation (Gilbert-Elliott).</summary>
public sealed class BurstLoss : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "burst loss, 10 % mean, 25 % correlation", link => link.AddBoth("burst_loss", ("percent", 10), ("correlation", 25)), async () =>
        {
            await load.PushAsync(15, 40_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });
}

/// <summary>T-LOSS-04: one device loses its network for 30 s while the other pushes; then it heals. The device comes back by itself and goes on where it was.</summary>
public sealed class PartitionThenRecovery : SyncScenario
{
    private const int Seconds = 30;
    private const int Before = 40;
    private const int During = 10;

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (pusher, cutOff) = (topology.Clients[0], topology.Clients[1]);
        await load.PushFromAsync(pusher, Before, 20_000, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        var pulledBefore = Pulled(cutOff.Link);

        cutOff.Link.AddBoth("partition");
        run.Observe("one device is cut off");
        await load.PushFromAsync(pusher, During, 20_000, cancellationToken).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(Seconds), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        var pieces = cutOff.Link.Hits().Values.Sum();
        run.That(topology.History.DistinctDeliveries(cutOff.Label) == Before, "something came through the partition");
        if (pieces > 0) run.Fault(FormattableString.Invariant($"{Seconds} s without network, {pieces} pieces held or lost"));
        var pulledCutOff = Pulled(cutOff.Link);
        cutOff.Link.Heal();
        run.Healed("the network is back");
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        var pulledAfter = Pulled(cutOff.Link) - pulledCutOff;
        run.Observe(FormattableString.Invariant($"caught up with {pulledAfter} bytes; the {Before} blobs before took {pulledBefore}"));
        run.That(pulledAfter < pulledBefore, FormattableString.Invariant($"{pulledAfter} bytes were pulled after healing, {pulledBefore} for all blobs before: it began again from the start"));
    }

    private static long Pulled(ChaosProxy link) => link.Captures.Where((_, i) => i % 2 == 1).Sum(c => c.Total);
}
