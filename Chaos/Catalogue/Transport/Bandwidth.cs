using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-BW-01: 7 KB/s each way. The handshake completes and small blobs arrive; a 1 MiB push is either through or kept as pending, without being given up, and arrives once there is room. Every tenth iteration gives it no room: it must then go through at 7 KB/s.</summary>
public sealed class At56KilobitLink : SyncScenario
{
    private const int LargeBytes = 1024 * 1024;

    /// <inheritdoc/>
    public override TimeSpan Limit => TimeSpan.FromMinutes(12);

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        await UnderAsync(run, topology, "7 KB/s each way", link => link.AddBoth("bandwidth", ("rate", 7)), async () =>
        {
            var client = topology.Clients[0];
            await client.RestartAsync(cancellationToken).ConfigureAwait(false);
            await client.WaitForAsync(s => s.State == "Live", cancellationToken).ConfigureAwait(false);
            run.Observe("the handshake is done");
            await load.PushAsync(3, 1_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
            run.Observe("small blobs are there");
            await load.PushExactlyAsync(client, LargeBytes, cancellationToken).ConfigureAwait(false);
            if (run.Iteration % 10 == 9) await load.AnsweredAsync(client, cancellationToken).ConfigureAwait(false);
            else await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            var status = await client.StatusAsync(cancellationToken).ConfigureAwait(false);
            run.Observe(FormattableString.Invariant($"1 MiB: {status.Pending} pending, {status.State}, last error: {status.LastError ?? "none"}"));
            run.That(status.Pending == (run.Iteration % 10 == 9 ? 0 : 1), FormattableString.Invariant($"{status.Pending} pending: 1 MiB takes 150 s at 7 KB/s"));
            run.That(status.State != "Refused" && status.Problems.Count == 0, $"the client gave up: {status.State}, {string.Join(", ", status.Problems)}");
            run.That(topology.History.Snapshot().Pushes.All(p => p.Outcome != History.CallOutcome.Refused), "a push failed for good on a slow link");
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
