using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-LAT-01: 200 ms each way. A slow line is only slow: everything arrives, once, and reads the same everywhere.</summary>
public sealed class Fixed200MsLatency : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "200 ms each way", link => link.AddBoth("latency", ("latency", 200)), async () =>
        {
            await load.PushAsync(10, 20_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });
}

/// <summary>T-LAT-02: 200 ms ± 150 ms. Datagrams pass each other; a stream only stutters.</summary>
public sealed class HighJitter : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "200 ± 150 ms each way", link => link.AddBoth("latency", ("latency", 200), ("jitter", 150)), async () =>
        {
            await load.PushAsync(10, 20_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });
}

/// <summary>T-LAT-03: 10 ms up, 500 ms down. What is acknowledged late is not sent twice.</summary>
public sealed class AsymmetricLatency : SyncScenario
{
    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "10 ms up, 500 ms down", Inject, async () =>
        {
            await load.PushAsync(10, 20_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });

    private static void Inject(ChaosProxy link)
    {
        link.Add("latency", Direction.Upstream, ("latency", 10));
        link.Add("latency", Direction.Downstream, ("latency", 500));
    }
}

/// <summary>T-LAT-04: a satellite link, 600 ± 50 ms each way. The handshake's four messages fit into its default timeout.</summary>
public sealed class SatelliteLink : SyncScenario
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken) =>
        UnderAsync(run, topology, "600 ± 50 ms each way", link => link.AddBoth("latency", ("latency", 600), ("jitter", 50)), async () =>
        {
            ArgumentNullException.ThrowIfNull(topology);
            var client = topology.Clients[0];
            await client.StopAsync().ConfigureAwait(false);
            await client.StartAsync(cancellationToken).ConfigureAwait(false);
            var startedAt = TimeProvider.System.GetTimestamp();
            await client.WaitForAsync(s => s.State is "Syncing" or "Live", cancellationToken).ConfigureAwait(false);
            var took = TimeProvider.System.GetElapsedTime(startedAt);
            run.Observe(FormattableString.Invariant($"connected after {took.TotalSeconds:0.0} s"));
            run.That(took < HandshakeTimeout, FormattableString.Invariant($"the handshake took {took.TotalSeconds:0.0} s of {HandshakeTimeout.TotalSeconds} s"));
            await load.PushAsync(5, 20_000, cancellationToken).ConfigureAwait(false);
            await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        });
}
