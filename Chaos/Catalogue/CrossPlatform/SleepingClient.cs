using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.CrossPlatform;

/// <summary>X-PLAT-02: a client sleeps and wakes. The tier vm waits for a macOS machine; its Linux variant (SIGSTOP, SIGCONT) runs where processes can be paused, asked for by name.</summary>
public sealed class MacOSClientThatSleeps : SyncScenario
{
    private const int KeepAliveSeconds = 2;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> RelaySettings => [FormattableString.Invariant($"--Gateway:KeepAliveSeconds={KeepAliveSeconds}")];

    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier is "vm" or "platforms" ? "waits for a macOS machine; the Linux variant runs with --scenario X-PLAT-02 --tier processes" : base.WaitsFor(tier);

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (awake, sleeper) = (topology.Clients[0], topology.Clients[1]);
        await load.PushAsync(5, 20_000, cancellationToken).ConfigureAwait(false);
        await sleeper.PauseAsync().ConfigureAwait(false);
        run.Observe("a client sleeps, blobs under way");
        await load.PushFromAsync(awake, 10, 20_000, cancellationToken).ConfigureAwait(false);
        // Longer than the relay keeps a silent session.
        while (await topology.Relay.MetricAsync("zerok_sessions", "", cancellationToken).ConfigureAwait(false) > topology.Clients.Count - 1)
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        run.Fault("a client slept until the relay had given its session up");
        await sleeper.ResumeAsync().ConfigureAwait(false);
        run.Healed("it woke");
        await load.PushFromAsync(sleeper, 5, 20_000, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}
