using ZeroK.Chaos.History;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-BW-03: client A unlimited, client B 10 KB/s. A's push latency (p99) stays within twice its value without B.</summary>
/// <remarks>A pushes one blob after the other, from the call to the acknowledgement: first with B gone, then while B pulls at 10 KB/s and falls behind. The p99 of a busy machine jumps by itself, so a measurement that is over may be taken again, both halves anew.</remarks>
public sealed class FastAndSlowClient : SyncScenario
{
    private const int Pushes = 200;
    private const int BytesMax = 4_000;
    private const int Measurements = 4;
    private const double FactorMax = 2;

    /// <inheritdoc/>
    public override TimeSpan Limit => TimeSpan.FromMinutes(6);

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (fast, slow) = (topology.Clients[0], topology.Clients[1]);
        await MeasureAsync(topology, load, fast, cancellationToken).ConfigureAwait(false);
        var within = false;
        for (var i = 0; i < Measurements && !within; i++)
        {
            slow.Link.Heal();
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
            await slow.StopAsync().ConfigureAwait(false);
            var alone = await MeasureAsync(topology, load, fast, cancellationToken).ConfigureAwait(false);
            slow.Link.AddBoth("bandwidth", ("rate", 10));
            await slow.StartAsync(cancellationToken).ConfigureAwait(false);
            await slow.WaitForAsync(s => s.Online, cancellationToken).ConfigureAwait(false);
            var together = await MeasureAsync(topology, load, fast, cancellationToken).ConfigureAwait(false);
            var behind = await slow.StatusAsync(cancellationToken).ConfigureAwait(false);
            run.That(behind.Received < behind.Head, "the slow client kept up: nothing was slow");
            run.Observe(FormattableString.Invariant($"p99 of A's pushes: {alone:0.0} ms alone, {together:0.0} ms with B at 10 KB/s, {behind.Head - behind.Received} blobs behind"));
            within = together <= alone * FactorMax;
        }

        var hits = slow.Link.Hits().Values.Sum();
        if (hits > 0) run.Fault(FormattableString.Invariant($"B at 10 KB/s: {hits} pieces slowed"));
        run.That(within, FormattableString.Invariant($"p99 of A's pushes was more than {FactorMax} times its value without B, {Measurements} times in a row; the timeline has the figures"));
        slow.Link.Heal();
        run.Healed("B is as fast as A");
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The 99th percentile of push latency, milliseconds.</summary>
    private static async Task<double> MeasureAsync(ITopology topology, Load load, ITestClient client, CancellationToken cancellationToken)
    {
        var sinceUs = topology.History.NowUs;
        for (var i = 0; i < Pushes; i++)
        {
            await load.PushFromAsync(client, 1, BytesMax, cancellationToken).ConfigureAwait(false);
            await load.AnsweredAsync(client, cancellationToken).ConfigureAwait(false);
        }

        var took = topology.History.Snapshot().Pushes.Where(p => p.Device == client.Label && p.StartUs >= sinceUs && p.Outcome == CallOutcome.Acknowledged).Select(p => (p.EndUs!.Value - p.StartUs) / 1000.0).Order().ToList();
        return took[(int)(took.Count * 0.99)];
    }
}
