using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-CONN-04: a device connects, pushes and is gone, ten times in five seconds. The relay keeps no connection, session, stream or descriptor of it.</summary>
/// <remarks>Every other cycle ends in order, the rest by a cut on the path; over QUIC a cut path is only another path to the same connection, so there all end in order. A machine that can't do ten cycles in five seconds at once may try again; streams belong to connections, and go with them.</remarks>
public sealed class RapidReconnects : SyncScenario
{
    private const int Cycles = 10;
    private const int TriesMax = 5;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    private ResourceUse? _before;

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        // The first sessions make what stays: pools, threads, compiled code.
        await TenCyclesAsync(topology, load, cancellationToken).ConfigureAwait(false);
        foreach (var client in topology.Clients) await client.WaitForAsync(s => s.State == "Live" && s.Pending == 0, cancellationToken).ConfigureAwait(false);
        _before = await topology.Relay.UseAsync(cancellationToken).ConfigureAwait(false);
        var sessions = await SessionsAsync(topology, cancellationToken).ConfigureAwait(false);
        var took = TimeSpan.MaxValue;
        for (var i = 0; i < TriesMax && took > Within; i++)
        {
            took = await TenCyclesAsync(topology, load, cancellationToken).ConfigureAwait(false);
            run.Observe(FormattableString.Invariant($"{Cycles} cycles in {took.TotalSeconds:0.0} s"));
        }

        run.That(took <= Within, FormattableString.Invariant($"{Cycles} cycles took {took.TotalSeconds:0.0} s at best: this was no rapid reconnecting"));
        var made = await SessionsAsync(topology, cancellationToken).ConfigureAwait(false) - sessions;
        run.That(made >= Cycles, FormattableString.Invariant($"the relay counted {made} sessions for {Cycles} cycles or more"));
        run.Fault(FormattableString.Invariant($"{Cycles} times connected, pushed and gone in {took.TotalSeconds:0.0} s; {made} sessions"));
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task AfterAsync(ScenarioRun run, ITopology topology, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        var startedAt = TimeProvider.System.GetTimestamp();
        Verdict verdict;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            verdict = ResourceJudge.Decide(_before!, await topology.Relay.UseAsync(cancellationToken).ConfigureAwait(false), new ResourceAllowance());
        }
        while (!verdict.Passed && TimeProvider.System.GetElapsedTime(startedAt) < TimeSpan.FromSeconds(30));
        run.That(verdict);
    }

    private static async Task<TimeSpan> TenCyclesAsync(ITopology topology, Load load, CancellationToken cancellationToken)
    {
        var client = topology.Clients[0];
        var startedAt = TimeProvider.System.GetTimestamp();
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            await client.ConnectAsync(cancellationToken).ConfigureAwait(false);
            await load.PushFromAsync(client, 1, 10_000, cancellationToken).ConfigureAwait(false);
            await load.AnsweredAsync(client, cancellationToken).ConfigureAwait(false);
            if (cycle % 2 == 0 && topology.Settings.Transport == "tcp") await client.Link.CutAsync().ConfigureAwait(false);
            else await client.DisconnectAsync(cancellationToken).ConfigureAwait(false);
        }

        var took = TimeProvider.System.GetElapsedTime(startedAt);
        await client.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await client.WaitForAsync(s => s.State == "Live", cancellationToken).ConfigureAwait(false);
        return took;
    }

    private static Task<double> SessionsAsync(ITopology topology, CancellationToken cancellationToken) => topology.Relay.MetricAsync("zerok_handshakes_total", "\"ok\"", cancellationToken);
}
