using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Sync;

/// <summary>S-CONV-03: two live clients' vectors are forced apart: each forgets a seeded number of the other's last blobs. The next blob shows each the hole, with its range; reading the log again closes it, and the vectors are equal again.</summary>
/// <remarks>In every other iteration a third device is away, so that the relay still has what was forgotten: it is reported as an omission, and comes again. Otherwise the relay has trimmed it: it is reported as gone, at once or after reading again, and the vector goes on behind it.</remarks>
public sealed class VersionVectorsDiverge : SyncScenario
{
    private const int Before = 20, After = 5;

    /// <inheritdoc/>
    protected override int Devices => 3;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> RelaySettings => ["--Gateway:KeepAliveSeconds=2"];

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (one, other, third) = (topology.Clients[0], topology.Clients[1], topology.Clients[2]);
        var isKept = run.Iteration % 2 == 0;
        if (isKept) await third.StopAsync().ConfigureAwait(false);
        await PushAsync(topology, load, [one, other], Before, cancellationToken).ConfigureAwait(false);
        var sides = new[] { (Client: one, Of: other), (Client: other, Of: one) };
        var holes = new List<(ITestClient Client, ITestClient Of, ulong First)>();
        foreach (var (client, of) in sides)
        {
            await client.WaitForAsync(s => s.Pending == 0 && s.Received >= 2 * Before, cancellationToken).ConfigureAwait(false);
            holes.Add((client, of, await client.SetBackAsync(of, run.Random.Next(1, Before), cancellationToken).ConfigureAwait(false) + 1));
        }

        var vectors = (One: (await one.StatusAsync(cancellationToken).ConfigureAwait(false)).Vector, Other: (await other.StatusAsync(cancellationToken).ConfigureAwait(false)).Vector);
        run.That(vectors.One != vectors.Other, "the vectors are still equal");
        run.Fault(string.Join(", ", holes.Select(h => FormattableString.Invariant($"{h.Client.Label} forgot {h.Of.Label}'s blobs from {h.First}"))));

        await PushAsync(topology, load, [one, other], After, cancellationToken).ConfigureAwait(false);
        foreach (var hole in holes) await ToldAsync(run, topology, hole, isKept ? [nameof(Client.Omission)] : [nameof(Client.Omission), nameof(Client.Missed)], cancellationToken).ConfigureAwait(false);

        foreach (var (client, _) in sides) await client.ReadAgainAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("both have read the log again");
        if (isKept) await third.StartAsync(cancellationToken).ConfigureAwait(false);
        else foreach (var hole in holes) await ToldAsync(run, topology, hole, [nameof(Client.Missed)], cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        if (isKept) await AgainAsync(run, topology, holes, cancellationToken).ConfigureAwait(false);
        run.That(isKept == topology.History.Snapshot().Missing.All(m => m.Why != nameof(Client.Missed)), "what the relay kept was reported as gone, or what it did not keep was not");
    }

    private static async Task PushAsync(ITopology topology, Load load, IReadOnlyList<ITestClient> clients, int each, CancellationToken cancellationToken)
    {
        var before = clients.ToDictionary(c => c, c => topology.History.DistinctDeliveries(c.Label));
        await Task.WhenAll(clients.Select(c => load.PushFromAsync(c, each, 2_000, cancellationToken))).ConfigureAwait(false);
        while (clients.Any(c => topology.History.DistinctDeliveries(c.Label) < before[c] + (each * (clients.Count - 1)))) await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    // Exactly the hole: no more and no less.
    private static async Task ToldAsync(ScenarioRun run, ITopology topology, (ITestClient Client, ITestClient Of, ulong First) hole, string[] why, CancellationToken cancellationToken)
    {
        while (true)
        {
            var told = topology.History.Snapshot().Missing.Where(m => m.Device == hole.Client.Label && why.Contains(m.Why)).ToList();
            if (told.Count > 0)
            {
                run.That(told.TrueForAll(m => m.Sender == hole.Of.Label && m.First == hole.First && m.Last == Before), $"{string.Join("; ", told)} is not the hole from {hole.First} to {Before}");
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    // What was forgotten and kept is handed over a second time, each once.
    private static async Task AgainAsync(ScenarioRun run, ITopology topology, List<(ITestClient Client, ITestClient Of, ulong First)> holes, CancellationToken cancellationToken)
    {
        foreach (var (client, of, first) in holes)
        {
            List<int> Times() => [.. topology.History.Snapshot().Deliveries.Where(d => d.Reader == client.Label && d.Sender == of.Label && d.Sequence >= first && d.Sequence <= Before).CountBy(d => d.Sequence).Select(c => c.Value)];
            while (Times().Exists(t => t < 2)) await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            run.That(Times().TrueForAll(t => t == 2), "a forgotten blob came a third time");
        }
    }
}
