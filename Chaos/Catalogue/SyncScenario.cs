using System.Globalization;
using System.Text;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue;

/// <summary>The common course: a topology, a fault, pushes from several devices, healing, quiescence, and every judge.</summary>
public abstract class SyncScenario : Scenario
{
    /// <summary>Devices. Default 2.</summary>
    protected virtual int Devices => 2;

    /// <summary>Settings of the relay beyond the defaults.</summary>
    protected virtual IReadOnlyList<string> RelaySettings => [];

    /// <summary>Relays. Default 1.</summary>
    protected virtual int Relays => 1;

    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => Topologies.Has(tier) ? null : $"the topology of the tier {tier} is not built yet; the same course runs on real processes";

    /// <inheritdoc/>
    public sealed override async Task RunAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var settings = new TopologySettings(run.Settings.RelayDll, run.Settings.AgentDll, run.Settings.ScratchDirectory, run.Seed, run.Settings.Transport) { Clients = Devices, Relays = Relays, RelaySettings = RelaySettings };
        await using var topology = await Topologies.StartAsync(run.Tier, settings, cancellationToken).ConfigureAwait(false);
        run.SaveLogs = topology.SaveLogs;
        var load = new Load(topology, run);
        run.Observe(FormattableString.Invariant($"relay and {Devices} devices are connected"));
        await RunAsync(run, topology, load, cancellationToken).ConfigureAwait(false);
        await topology.QuiesceAsync(cancellationToken).ConfigureAwait(false);
        run.Observe("quiet: nothing pending, all at the head");
        var history = topology.History.Snapshot();
        foreach (var judge in HistoryJudges.All) run.That(judge.Decide(history));
        run.That(MarkerJudge.Decide([.. load.Markers, Convert.FromHexString(topology.Clients[0].GroupId)], topology.WhatOthersSaw()));
        await AfterAsync(run, topology, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The fault and the load. Ends healed.</summary>
    protected abstract Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken);

    /// <summary>What must hold beyond the judges.</summary>
    protected virtual Task AfterAsync(ScenarioRun run, ITopology topology, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Puts toxics on all paths, runs the load under them, and heals.</summary>
    protected static async Task UnderAsync(ScenarioRun run, ITopology topology, string what, Action<ChaosProxy> inject, Func<Task> load)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(inject);
        ArgumentNullException.ThrowIfNull(load);
        foreach (var client in topology.Clients) inject(client.Link);
        run.Observe("injecting: " + what);
        await load().ConfigureAwait(false);
        var hits = topology.Clients.Sum(c => c.Link.Hits().Values.Sum());
        if (hits > 0) run.Fault(FormattableString.Invariant($"{what}: {hits} pieces hit"));
        foreach (var client in topology.Clients) client.Link.Heal();
        run.Healed(what);
    }
}

/// <summary>What a scenario's devices push: seeded sizes, each blob with a marker that must show nowhere.</summary>
public sealed class Load(ITopology topology, ScenarioRun run)
{
    private readonly List<ReadOnlyMemory<byte>> _markers = [];
    private int _pushed;

    /// <summary>The markers in payloads and labels so far.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Markers => _markers;

    /// <summary>Blobs pushed so far.</summary>
    public int Pushed => _pushed;

    /// <summary>Each device pushes so many blobs, all devices at once.</summary>
    public Task PushAsync(int each, int bytesMax, CancellationToken cancellationToken) =>
        Task.WhenAll(topology.Clients.Select(c => PushFromAsync(c, each, bytesMax, cancellationToken)));

    /// <summary>One device pushes so many blobs.</summary>
    public async Task PushFromAsync(ITestClient client, int count, int bytesMax, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        for (var i = 0; i < count; i++)
        {
            var (payload, label) = Make(client.Label, bytesMax);
            await client.PushAsync(payload, label, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One device pushes one blob of exactly so many bytes of payload.</summary>
    public Task PushExactlyAsync(ITestClient client, int bytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        var (payload, label) = Make(client.Label, 1);
        Array.Resize(ref payload, bytes);
        return client.PushAsync(payload, label, cancellationToken);
    }

    /// <summary>Waits until each push of a device has its outcome.</summary>
    public async Task AnsweredAsync(ITestClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        while (topology.History.Unanswered(client.Label) > 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until every device has been handed all blobs of the others that were pushed so far.</summary>
    public async Task ArrivedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var history = topology.History.Snapshot();
            var byDevice = history.Pushes.CountBy(p => p.Device).ToDictionary();
            if (topology.Clients.All(c => topology.History.DistinctDeliveries(c.Label) >= byDevice.Where(p => p.Key != c.Label).Sum(p => p.Value))) return;
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private (byte[] Payload, string Label) Make(string device, int bytesMax)
    {
        var (inPayload, inLabel) = (MarkerJudge.NewMarker(), MarkerJudge.NewMarker());
        lock (_markers)
        {
            _markers.AddRange([Encoding.ASCII.GetBytes(inPayload), Encoding.ASCII.GetBytes(inLabel)]);
            var number = _pushed++;
            var filler = new byte[run.Random.Next(bytesMax)];
            run.Random.NextBytes(filler);
            return ([.. Encoding.ASCII.GetBytes(inPayload), .. filler], string.Create(CultureInfo.InvariantCulture, $"{inLabel}/{device}/{number}.bin"));
        }
    }
}
