using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-BW-01: 7 KB/s each way. The handshake completes, small blobs arrive; a 1 MiB push waits in the outbox and arrives once there is room.</summary>
public sealed class At56KilobitLink : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        await UnderAsync(run, topology, "7 KB/s each way", link => link.AddBoth("bandwidth", ("rate", 7)), async () =>
        {
            var client = topology.Clients[0];
            await client.StopAsync().ConfigureAwait(false);
            await client.StartAsync(cancellationToken).ConfigureAwait(false);
            await client.WaitForAsync(s => s.State is "Syncing" or "Live", cancellationToken).ConfigureAwait(false);
            run.Observe("the handshake is done");
            await load.PushAsync(3, 1_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
            run.Observe("small blobs are there");
            await client.PushAsync(new byte[1024 * 1024], null, cancellationToken).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            run.That((await client.StatusAsync(cancellationToken).ConfigureAwait(false)).Pending == 1, "1 MiB can't be through 7 KB/s after 5 s");
        }).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>T-BW-02: 1 MB/s falls to 10 KB/s in the middle of a transfer.</summary>
public sealed class BandwidthDropMidTransfer : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "1 MB/s falling to 10 KB/s", link => link.AddBoth("bandwidth", ("rate", 1000)), async () =>
        {
            ArgumentNullException.ThrowIfNull(topology);
            await load.PushAsync(10, 20_000, cancellationToken).ConfigureAwait(false);
            foreach (var link in topology.Clients.Select(c => c.Link))
            {
                foreach (var toxic in link.Toxics) link.Update(Proxy.ToxicSpec.Create("bandwidth", toxic.Stream, new Dictionary<string, double> { ["rate"] = 10 }));
            }

            run.Observe("the rate fell");
            await load.PushAsync(5, 10_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });
}
