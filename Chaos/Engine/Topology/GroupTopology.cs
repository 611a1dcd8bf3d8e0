using System.Collections.Concurrent;
using System.Globalization;
using ZeroK.Chaos.Agent;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Topology;

/// <summary>What all topologies share: the order of starting, the paths, the history. A kind of topology says where a relay and an agent run.</summary>
public abstract class GroupTopology : ITopology
{
    private const int CaptureBytes = 1024 * 1024;

    // One machine plays many: the limit on one address is out of the way.
    private static readonly string[] RelayDefaults = ["--Gateway:ConnectionsPerAddressMax=1000", "--Gateway:HandshakesPerAddressMax=1000", "--Gateway:HandshakesPerAddressPerSecond=1000", "--Gateway:HandshakesPerSecond=10000", "--Gateway:HelloSeconds=10", "--Gateway:WriteBytesPerAddressPerSecond=1000000000"];

    private readonly ConcurrentDictionary<string, string> _labels = new();
    private readonly List<ITestRelay> _relays = [];
    private readonly List<ITestClient> _clients = [];

    /// <summary>Nothing is started yet.</summary>
    protected GroupTopology(TopologySettings settings) => Settings = settings;

    /// <inheritdoc/>
    public TopologySettings Settings { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ITestRelay> Relays => _relays;

    /// <inheritdoc/>
    public IReadOnlyList<ITestClient> Clients => _clients;

    /// <inheritdoc/>
    public HistoryRecorder History { get; } = new(TimeProvider.System);

    /// <summary>The address that proxies listen on and clients reach them at. Default loopback.</summary>
    protected virtual string ProxyHost => "127.0.0.1";

    /// <summary>The directory of a client's files as its agent sees it. Default: below the run's directory.</summary>
    protected virtual string ClientDirectory(string label) => Path.Combine(Settings.Directory, label);

    /// <summary>A relay that is not started yet; its files are its own.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="settings">Its command line's settings.</param>
    protected abstract ITestRelay CreateRelay(int index, IReadOnlyList<string> settings);

    /// <summary>Where a client's agent will run.</summary>
    protected abstract IAgentHost CreateAgentHost(string label);

    /// <summary>Before the first relay: networks, images, clusters.</summary>
    protected virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After all relays and clients are gone.</summary>
    protected virtual ValueTask CleanUpAsync() => ValueTask.CompletedTask;

    /// <summary>Starts relays and clients, all connected. On failure nothing is left.</summary>
    /// <exception cref="ScenarioSkippedException">The machine lacks what it needs.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PrepareAsync(cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < Settings.Relays; i++)
            {
                var relay = CreateRelay(i, [.. RelayDefaults, .. Settings.RelaySettings]);
                _relays.Add(relay);
                await relay.StartAsync(cancellationToken).ConfigureAwait(false);
                if (!relay.Transports.Contains(Settings.Transport, StringComparer.OrdinalIgnoreCase))
                    throw new ScenarioSkippedException($"the relay does not listen on {Settings.Transport} here; it does on {string.Join(", ", relay.Transports)}");
            }

            for (var i = 0; i < Settings.Clients; i++) await AddClientAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<ChaosProxy> AddProxyAsync(string name, Func<long, Direction, Toxic?>? hook = null, int relay = 0)
    {
        var options = new ProxyOptions { Seed = Settings.Seed, CaptureBytesMax = CaptureBytes, Hook = hook };
        var proxy = new ChaosProxy(name, Settings.Transport == "quic" ? ProxyProtocol.Udp : ProxyProtocol.Tcp, ProxyHost + ":0", _relays[relay].Endpoint, options);
        await proxy.EnableAsync().ConfigureAwait(false);
        return proxy;
    }

    /// <inheritdoc/>
    public async Task<ITestClient> AddClientAsync(CancellationToken cancellationToken)
    {
        var label = LabelAt(_clients.Count);
        var links = new List<ChaosProxy>();
        for (var i = 0; i < _relays.Count; i++) links.Add(await AddProxyAsync(label, _clients.Count == 0 && i == 0 ? Settings.Hook : null, i).ConfigureAwait(false));

        // The invite names the first client's paths; every other client goes to its own instead.
        var named = _clients.Count == 0 ? links : _clients[0].Links;
        var settings = new AgentSettings(
            ClientDirectory(label),
            [.. _relays.Zip(links, (relay, link) => string.Create(CultureInfo.InvariantCulture, $"zerok-relay://{ProxyHost}:{link.Listen.Port}{relay.Address.AbsolutePath}"))],
            _clients.Count == 0 ? null : _clients[0].Invite,
            [.. named.Zip(links, (from, to) => new AgentVia(from.Listen.Port, ProxyHost, to.Listen.Port))],
            Settings.Transport,
            Seeds.Derive(Settings.Seed, label));
        var client = new AgentClient(label, links, CreateAgentHost(label), settings, History, LabelOf);
        _clients.Add(client);
        await client.StartAsync(cancellationToken).ConfigureAwait(false);
        _labels[client.DeviceId] = label;
        await client.WaitForAsync(s => s.State == "Live", cancellationToken).ConfigureAwait(false);
        return client;
    }

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public IReadOnlyList<ByteSource> WhatOthersSaw() =>
    [
        .. _relays.SelectMany(r => r.WhatItKept()),
        .. _clients.SelectMany(c => c.Links.SelectMany(l => l.Captures).Select((capture, i) => new ByteSource(string.Create(CultureInfo.InvariantCulture, $"wire of {c.Label} ({i})"), capture.ToArray()))),
    ];

    /// <inheritdoc/>
    public void SaveLogs(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var (i, relay) in _relays.Index()) File.WriteAllText(Path.Combine(directory, i == 0 ? "relay.log" : string.Create(CultureInfo.InvariantCulture, $"relay-{i}.log")), relay.Log);
        foreach (var client in _clients)
        {
            File.WriteAllText(Path.Combine(directory, $"client-{client.Label}.jsonl"), client.Log);
            File.WriteAllLines(Path.Combine(directory, $"proxy-{client.Label}.txt"), client.Links.SelectMany(ProxyState.Lines));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var client in _clients) await client.DisposeAsync().ConfigureAwait(false);
        foreach (var relay in _relays) await relay.DisposeAsync().ConfigureAwait(false);
        await CleanUpAsync().ConfigureAwait(false);
    }

    private string LabelOf(string deviceId) => _labels.GetValueOrDefault(deviceId, deviceId);

    private static string LabelAt(int index) => ((char)('A' + (index % 26))).ToString() + (index < 26 ? "" : (index / 26).ToString(CultureInfo.InvariantCulture));
}
