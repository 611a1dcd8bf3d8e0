using ZeroK.Chaos.Agent;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Sync;

/// <summary>S-CONV-04: a client pulls only what follows a cursor, again and again from seeded ones, page by page, while others push. It gets exactly what follows, without a gap, and its own place does not move.</summary>
/// <remarks>A third device is away, so that the relay keeps what the other two have.</remarks>
public sealed class SelectivePull : SyncScenario
{
    private const int Before = 120, During = 200, Pulls = 6, PageBlobs = 37;

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
        var (pusher, reader, away) = (topology.Clients[0], topology.Clients[1], topology.Clients[2]);
        await away.StopAsync().ConfigureAwait(false);
        await Task.WhenAll(pusher.PushManyAsync(Before, 2_000, cancellationToken), load.PushFromAsync(reader, Before / 4, 2_000, cancellationToken)).ConfigureAwait(false);
        await SettledAsync(topology, cancellationToken).ConfigureAwait(false);

        var pushing = pusher.PushManyAsync(During, 2_000, cancellationToken);
        var pulls = new List<(ulong After, ulong Through, List<AgentBlob> Blobs)>();
        for (var i = 0; i < Pulls; i++)
        {
            var after = (ulong)run.Random.Next(Before);
            pulls.Add(await PullAsync(reader, after, cancellationToken).ConfigureAwait(false));
        }

        await pushing.ConfigureAwait(false);
        await SettledAsync(topology, cancellationToken).ConfigureAwait(false);
        pulls.Add(await PullAsync(reader, (ulong)run.Random.Next(Before), cancellationToken).ConfigureAwait(false));
        run.Observe(FormattableString.Invariant($"pulled {pulls.Sum(p => p.Blobs.Count)} blobs after {pulls.Count} cursors"));
        foreach (var (after, through, blobs) in pulls) Check(run, topology, reader, after, through, blobs);
        run.That(pulls[^1].Blobs.Count > During, "the last pull was over before the pushes");
        await away.StartAsync(cancellationToken).ConfigureAwait(false);
        var head = pulls[^1].Through;
        foreach (var client in topology.Clients) await client.WaitForAsync(s => s.Received >= head, cancellationToken).ConfigureAwait(false);
    }

    // All that the pushes say lies between: each once, in the order of cursors, the same bytes, and nothing else.
    private static void Check(ScenarioRun run, ITopology topology, ITestClient reader, ulong after, ulong through, List<AgentBlob> blobs)
    {
        var expected = topology.History.Snapshot().Pushes.Where(p => p.Device != reader.Label && p.Cursor > after && p.Cursor <= through).OrderBy(p => p.Cursor).Select(p => new AgentBlob(p.Device, p.Sequence, p.Cursor, p.Digest));
        run.That(blobs.TrueForAll(b => b.Cursor > after), FormattableString.Invariant($"a pull after {after} gave something older"));
        run.That(blobs.SequenceEqual(expected), FormattableString.Invariant($"a pull after {after} up to {through} is not what was pushed there: {blobs.Count} blobs"));
    }

    private static async Task<(ulong After, ulong Through, List<AgentBlob> Blobs)> PullAsync(ITestClient reader, ulong after, CancellationToken cancellationToken)
    {
        var blobs = new List<AgentBlob>();
        var at = after;
        while (true)
        {
            var page = await reader.PeekAsync(at, PageBlobs, cancellationToken).ConfigureAwait(false);
            blobs.AddRange(page.Blobs);
            at = page.Through;
            if (at >= page.Head) return (after, at, blobs);
        }
    }

    // Every push is durable and its cursor known to the history.
    private static async Task SettledAsync(ITopology topology, CancellationToken cancellationToken)
    {
        while (topology.History.Snapshot().Pushes.Any(p => p.Cursor == 0)) await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }
}
