using ZeroK.Chaos.History;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Sync;

/// <summary>S-CONV-02: a client returns after a long time offline, with 1,000 blobs between (every fifth iteration 100,000), of which the first part has expired. It is told exactly what expired, and gets the rest.</summary>
/// <remarks>The relay is started again with a time to live of one second while the client is away, and then with the long one: what is to come can't expire by a slow machine. In every other iteration the client is not stopped but cut off, so that a session is live when the fault hits.</remarks>
public sealed class StaleCursor : SyncScenario
{
    private const int BytesMax = 64;
    private ulong _firstExpired, _lastExpired;
    private ITestClient? _pusher, _stale;

    /// <inheritdoc/>
    public override TimeSpan Limit => TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    protected override int Devices => 3;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> RelaySettings => ["--Group:SweepInterval=00:00:01", "--Gateway:MessagesPerDevicePerSecond=100000", "--Gateway:KeepAliveSeconds=2"];

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (pusher, witness, stale) = (topology.Clients[0], topology.Clients[1], topology.Clients[2]);
        (_pusher, _stale) = (pusher, stale);
        var between = run.Iteration % 5 == 4 ? 100_000 : 1_000;
        var expiring = between / 4 + run.Random.Next(between / 2);
        await load.PushFromAsync(pusher, 3, 500, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        var before = await stale.WaitForAsync(s => s.Received >= 3 && s.Received >= s.Head, cancellationToken).ConfigureAwait(false);

        var isCutOff = run.Iteration % 2 == 1;
        if (isCutOff) stale.Link.AddBoth("partition");
        else await stale.StopAsync().ConfigureAwait(false);
        await PushAsync(pusher, expiring, cancellationToken).ConfigureAwait(false);
        var head = before.Received + (ulong)expiring;
        await witness.WaitForAsync(s => s.Received >= head, cancellationToken).ConfigureAwait(false);
        await pusher.WaitForAsync(s => s.Received >= head, cancellationToken).ConfigureAwait(false);
        await ExpireAsync(topology.Relay, witness, head, cancellationToken).ConfigureAwait(false);
        (_firstExpired, _lastExpired) = (before.Received + 1, head);
        run.Fault(FormattableString.Invariant($"{(isCutOff ? "cut off" : "stopped")} while {expiring} of {between} blobs expired"));

        await PushAsync(pusher, between - expiring, cancellationToken).ConfigureAwait(false);
        await load.PushFromAsync(witness, 5, 500, cancellationToken).ConfigureAwait(false);
        if (isCutOff) stale.Link.Heal();
        else await stale.StartAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("the client is back");
        var last = head + (ulong)(between - expiring) + 5;
        foreach (var client in topology.Clients) await client.WaitForAsync(s => s.Received >= last, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task AfterAsync(ScenarioRun run, ITopology topology, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        var history = topology.History.Snapshot();
        var (pusher, stale) = (_pusher!.Label, _stale!.Label);
        run.That(history.Gaps.Count > 0 && history.Gaps.All(g => g.Device == stale), "the client that was away, and no other, is told that something expired");
        run.That(Covered(history.Gaps.Select(g => (g.First, g.Last))).SequenceEqual(Range(_firstExpired, _lastExpired)), FormattableString.Invariant($"the cursors that expired are {_firstExpired} to {_lastExpired}; told were {string.Join(", ", history.Gaps.Select(g => FormattableString.Invariant($"{g.First} to {g.Last}")))}"));

        var lost = history.Pushes.Where(p => p.Device == pusher && p.Cursor >= _firstExpired && p.Cursor <= _lastExpired).Select(p => p.Sequence).Order().ToList();
        var told = history.Missing.Where(m => m.Device == stale).ToList();
        run.That(told.All(m => m.Sender == pusher && m.Why == nameof(Client.Missed)) && Covered(told.Select(m => (m.First, m.Last))).SequenceEqual(lost), $"the client is told which sequences it will not get; told was {string.Join("; ", told)}");
        run.That(history.Missing.All(m => m.Device == stale), "no other client misses anything");
        var got = history.Deliveries.Where(d => d.Reader == stale).Select(d => (d.Sender, d.Sequence)).ToHashSet();
        run.That(!lost.Exists(s => got.Contains((pusher, s))), "what expired was delivered all the same");
        run.That(history.Pushes.Where(p => p.Device != stale && p.Outcome == CallOutcome.Acknowledged && (p.Cursor < _firstExpired || p.Cursor > _lastExpired)).All(p => got.Contains((p.Device, p.Sequence))), "all that did not expire came");
        return Task.CompletedTask;
    }

    private static async Task PushAsync(ITestClient pusher, int count, CancellationToken cancellationToken)
    {
        await pusher.PushManyAsync(count, BytesMax, cancellationToken).ConfigureAwait(false);
        await pusher.WaitForAsync(s => s.Pending == 0, cancellationToken).ConfigureAwait(false);
    }

    // One second to live, until the relay shows nothing up to the head; then the long time again.
    private static async Task ExpireAsync(ITestRelay relay, ITestClient witness, ulong head, CancellationToken cancellationToken)
    {
        await RestartAsync(relay, ["--Group:TimeToLive=00:00:01"], cancellationToken).ConfigureAwait(false);
        while ((await witness.PeekAsync(0, 1, cancellationToken).ConfigureAwait(false)).Start <= head) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await RestartAsync(relay, [], cancellationToken).ConfigureAwait(false);
    }

    private static async Task RestartAsync(ITestRelay relay, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        await relay.StopAsync(cancellationToken).ConfigureAwait(false);
        relay.Configure(settings);
        await relay.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<ulong> Covered(IEnumerable<(ulong First, ulong Last)> ranges) => ranges.SelectMany(r => Range(r.First, r.Last)).Distinct().Order();

    private static IEnumerable<ulong> Range(ulong first, ulong last)
    {
        for (var at = first; at <= last; at++) yield return at;
    }
}
