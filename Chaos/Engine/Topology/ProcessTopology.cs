using System.Collections.Concurrent;
using System.Globalization;
using ZeroK.Chaos.Agent;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Topology;

/// <summary>Where the programs are and how a topology is built.</summary>
/// <param name="RelayDll">zerok-relay.dll.</param>
/// <param name="AgentDll">The program with the verb <c>agent</c>.</param>
/// <param name="Directory">Everything of the run is kept below this.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Transport">tcp or quic.</param>
/// <param name="Hook">A fault made by code on the first client's path.</param>
public sealed record TopologySettings(string RelayDll, string AgentDll, string Directory, long Seed, string Transport, Func<long, Direction, Toxic?>? Hook = null);

/// <summary>Real executables on loopback: one relay, and clients that each reach it through a proxy of their own.</summary>
public sealed class ProcessTopology : IAsyncDisposable
{
    private const int CaptureBytes = 1024 * 1024;

    // One machine plays many: the limit on one address is out of the way.
    private static readonly string[] RelaySettings = ["--Gateway:ConnectionsPerAddressMax=1000", "--Gateway:HandshakesPerAddressMax=1000", "--Gateway:HelloSeconds=10"];

    private readonly ConcurrentDictionary<string, string> _labels = new();
    private readonly List<ClientProcess> _clients = [];
    private readonly TopologySettings _settings;

    private ProcessTopology(TopologySettings settings, IReadOnlyList<string> relaySettings)
    {
        _settings = settings;
        Relay = new RelayProcess(settings.RelayDll, settings.Directory, [.. RelaySettings, .. relaySettings]);
        History = new HistoryRecorder(TimeProvider.System);
    }

    /// <summary>The relay.</summary>
    public RelayProcess Relay { get; }

    /// <summary>The clients, in the order in which they joined.</summary>
    public IReadOnlyList<ClientProcess> Clients => _clients;

    /// <summary>What they did and saw.</summary>
    public HistoryRecorder History { get; }

    /// <summary>The transport that the clients use.</summary>
    public string Transport => _settings.Transport;

    /// <summary>Starts a relay and so many clients in one group, all connected.</summary>
    public static async Task<ProcessTopology> StartAsync(TopologySettings settings, int clients, CancellationToken cancellationToken, params string[] relaySettings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var topology = new ProcessTopology(settings, relaySettings);
        try
        {
            await topology.Relay.StartAsync(cancellationToken).ConfigureAwait(false);
            if (!topology.Relay.Transports.Contains(settings.Transport, StringComparer.OrdinalIgnoreCase))
                throw new ScenarioSkippedException($"the relay does not listen on {settings.Transport} here; it does on {string.Join(", ", topology.Relay.Transports)}");
            for (var i = 0; i < clients; i++) await topology.AddClientAsync(cancellationToken).ConfigureAwait(false);
            return topology;
        }
        catch
        {
            await topology.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A proxy in front of the relay.</summary>
    public async Task<ChaosProxy> AddProxyAsync(string name, Func<long, Direction, Toxic?>? hook = null)
    {
        var options = new ProxyOptions { Seed = _settings.Seed, CaptureBytesMax = CaptureBytes, Hook = hook };
        var proxy = new ChaosProxy(name, Transport == "quic" ? ProxyProtocol.Udp : ProxyProtocol.Tcp, "127.0.0.1:0", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Relay.Address.Port}"), options);
        await proxy.EnableAsync().ConfigureAwait(false);
        return proxy;
    }

    /// <summary>One more client in the group; the first makes it. Returns when it is connected.</summary>
    public async Task<ClientProcess> AddClientAsync(CancellationToken cancellationToken)
    {
        var label = ((char)('A' + _clients.Count)).ToString();
        var link = await AddProxyAsync(label, _clients.Count == 0 ? _settings.Hook : null).ConfigureAwait(false);
        var relay = string.Create(CultureInfo.InvariantCulture, $"zerok-relay://127.0.0.1:{link.Listen.Port}{Relay.Address.AbsolutePath}");
        var invite = _clients.Count == 0 ? null : _clients[0].Invite;
        var settings = new AgentSettings(Path.Combine(_settings.Directory, label), relay, invite, link.Listen.Port, Transport, Seeds.Derive(_settings.Seed, label));
        var client = new ClientProcess(label, link, _settings.AgentDll, settings, History, LabelOf);
        _clients.Add(client);
        await client.StartAsync(cancellationToken).ConfigureAwait(false);
        _labels[client.DeviceId] = label;
        await WaitForAsync(client, s => s.State == "Live", cancellationToken).ConfigureAwait(false);
        return client;
    }

    /// <summary>Waits until a client's status is as wanted.</summary>
    public static async Task<AgentStatus> WaitForAsync(ClientProcess client, Func<AgentStatus, bool> wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(wanted);
        while (true)
        {
            var status = await client.StatusAsync(cancellationToken).ConfigureAwait(false);
            if (wanted(status)) return status;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until nothing is pending, every client is at the head that it knows and all have the same version vector, twice in a row; then notes how each ended.</summary>
    public async Task QuiesceAsync(CancellationToken cancellationToken)
    {
        string? before = null;
        while (true)
        {
            var all = new List<AgentStatus>();
            foreach (var client in _clients) all.Add(await client.StatusAsync(cancellationToken).ConfigureAwait(false));
            var quiet = all.TrueForAll(s => s.Pending == 0 && s.State == "Live" && s.Received >= s.Head && s.Vector == all[0].Vector);
            var now = quiet ? string.Join('|', all.Select(s => s.Vector + s.Received)) : null;
            if (quiet && now == before)
            {
                foreach (var (client, s) in _clients.Zip(all)) History.Ended(new EndState(client.Label, s.Vector, s.Received, s.Head, s.Pending));
                return;
            }

            before = now;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>All that the relay kept and all that passed on the wire.</summary>
    public IReadOnlyList<ByteSource> WhatOthersSaw() =>
        [.. Relay.WhatItKept(), .. _clients.SelectMany(c => c.Link.Captures.Select((capture, i) => new ByteSource(string.Create(CultureInfo.InvariantCulture, $"wire of {c.Label} ({i})"), capture.ToArray())))];

    /// <summary>Writes the logs of all parts into the run's folder.</summary>
    public void SaveLogs(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "relay.log"), Relay.Log);
        foreach (var client in _clients)
        {
            File.WriteAllText(Path.Combine(directory, $"client-{client.Label}.jsonl"), client.Log);
            File.WriteAllLines(Path.Combine(directory, $"proxy-{client.Label}.txt"), [$"toxics: {string.Join(", ", client.Link.Toxics.Select(t => t.Name))}", .. client.Link.Hits().Select(h => $"{h.Key}: {h.Value} hits")]);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().ConfigureAwait(false);
            await client.Link.DisposeAsync().ConfigureAwait(false);
        }

        await Relay.DisposeAsync().ConfigureAwait(false);
    }

    private string LabelOf(string deviceId) => _labels.GetValueOrDefault(deviceId, deviceId);
}
