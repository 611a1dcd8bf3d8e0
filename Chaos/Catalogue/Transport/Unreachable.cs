using ZeroK.Chaos.Agent;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-CONN-03: both devices lose the relay and push all the same; then it heals. Each says in its status that it is cut off within the keep-alive time: the next PRESENCE (once the interval), unanswered for twice the interval.</summary>
public sealed class BothClientsOnlineRelayUnreachable : SyncScenario
{
    private const int KeepAliveSeconds = 2;
    private const int PushesEach = 10;
    private const double NoticedSecondsMax = (3 * KeepAliveSeconds) + 1;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> RelaySettings => [FormattableString.Invariant($"--Gateway:KeepAliveSeconds={KeepAliveSeconds}")];

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        await load.PushAsync(2, 5_000, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        foreach (var client in topology.Clients) await client.WaitForAsync(s => s.State == "Live" && s.Pending == 0, cancellationToken).ConfigureAwait(false);
        foreach (var client in topology.Clients) client.Link.AddBoth("partition");
        var startedAt = TimeProvider.System.GetTimestamp();
        await load.PushAsync(PushesEach, 20_000, cancellationToken).ConfigureAwait(false);
        run.Observe("both paths are cut; both devices push");
        var noticed = await Task.WhenAll(topology.Clients.Select(c => NoticeAsync(c, startedAt, cancellationToken))).ConfigureAwait(false);
        foreach (var (client, (status, seconds)) in topology.Clients.Zip(noticed))
        {
            run.Observe(FormattableString.Invariant($"{client.Label} says {status.State} after {seconds:0.0} s"));
            run.That(seconds < NoticedSecondsMax, FormattableString.Invariant($"{client.Label} noticed after {seconds:0.0} s; the keep-alive of {KeepAliveSeconds} s allows {NoticedSecondsMax}"));
            run.That(!status.Online, $"{client.Label} says {status.State} and that it is online");
            run.That(status.Pending == PushesEach, FormattableString.Invariant($"{client.Label} has {status.Pending} blobs pending of {PushesEach} pushed while it was cut off"));
            run.That(!string.IsNullOrEmpty(status.LastError), $"{client.Label} does not say what is wrong");
        }

        var hits = topology.Clients.Select(c => c.Link.Hits().Values.Sum()).ToList();
        if (hits.TrueForAll(h => h > 0)) run.Fault(FormattableString.Invariant($"both paths partitioned: {string.Join(" and ", hits)} pieces held or lost"));
        foreach (var client in topology.Clients) client.Link.Heal();
        run.Healed("the relay can be reached again");
        foreach (var client in topology.Clients) await client.WaitForAsync(s => s.State == "Live", cancellationToken).ConfigureAwait(false);
        run.Observe("both came back by themselves");
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<(AgentStatus Status, double Seconds)> NoticeAsync(ITestClient client, long startedAt, CancellationToken cancellationToken)
    {
        var status = await client.WaitForAsync(s => s.State is not ("Live" or "Syncing"), cancellationToken).ConfigureAwait(false);
        return (status, TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds);
    }
}
