using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-CONN-01: the relay is killed with -9 while blobs are in flight, and started again on its data. Nothing acknowledged is lost, no cursor comes twice or goes back.</summary>
public sealed class RelayCrashMidSync : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        await load.PushAsync(5, 20_000, cancellationToken).ConfigureAwait(false);
        var pushing = load.PushAsync(40, 20_000, cancellationToken);
        var killAfter = run.Random.Next(1, 30);
        await UntilAsync(() => topology.Clients.Sum(c => topology.History.DistinctDeliveries(c.Label)) >= killAfter, cancellationToken).ConfigureAwait(false);
        await topology.Relay.KillAsync().ConfigureAwait(false);
        var acknowledged = topology.History.Snapshot().Pushes.Count(p => p.Outcome == History.CallOutcome.Acknowledged);
        run.Fault(FormattableString.Invariant($"kill -9 of the relay, {load.Pushed} blobs pushed, {acknowledged} of them acknowledged"));
        await topology.Relay.StartAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("the relay is back on its data");
        await pushing.ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>T-CONN-02: a client is killed with -9 during a push and started again. The push goes on from its durable outbox; the other device notices nothing.</summary>
public sealed class ClientCrashMidPush : SyncScenario
{
    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (victim, other) = (topology.Clients[0], topology.Clients[1]);
        victim.Link.Add("bandwidth", Direction.Upstream, ("rate", 50));
        await load.PushFromAsync(victim, 20, 40_000, cancellationToken).ConfigureAwait(false);
        var pending = (await victim.StatusAsync(cancellationToken).ConfigureAwait(false)).Pending;
        run.That(pending > 0, "nothing was pending when the client was killed: the crash hit no push");
        await victim.KillAsync().ConfigureAwait(false);
        run.Fault(FormattableString.Invariant($"kill -9 of a client with {pending} blobs in its outbox"));
        await load.PushFromAsync(other, 5, 20_000, cancellationToken).ConfigureAwait(false);
        await other.WaitForAsync(s => s.State == "Live" && s.Pending == 0, cancellationToken).ConfigureAwait(false);
        run.Observe("the other device pushed meanwhile");
        victim.Link.Heal();
        await victim.StartAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("the client is back on its files");
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>T-CONN-05: one direction is silently dropped after the session is up. The relay frees the stale session at its idle timeout, and the client notices and comes back by itself.</summary>
public sealed class HalfOpenConnection : SyncScenario
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> RelaySettings => ["--Gateway:KeepAliveSeconds=2"];

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var client = topology.Clients[0];
        var direction = run.Iteration % 2 == 0 ? Direction.Upstream : Direction.Downstream;
        client.Link.Add("partition", direction);
        await load.PushFromAsync(client, 3, 10_000, cancellationToken).ConfigureAwait(false);
        await client.WaitForAsync(s => s.State is not ("Live" or "Syncing"), cancellationToken).ConfigureAwait(false);
        run.Fault($"{direction} is dropped; the client noticed");
        while (await topology.Relay.MetricAsync("zerok_sessions", "", cancellationToken).ConfigureAwait(false) > topology.Clients.Count - 1)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        run.That(true, "the relay freed the stale session");
        client.Link.Heal();
        run.Healed("both directions work");
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}
