using System.Buffers.Text;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.TestingHost;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Scenarios;
using ZeroK.Gateway;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Noise;
using ZeroK.Storage.Sqlite;
using ZeroK.Transport;

namespace ZeroK.Chaos.Topology;

/// <summary>A relay within this process: a test cluster of silos over one embedded store, each with its gateway. Clients use the first silo's gateway; groups live on any.</summary>
/// <remarks>Kill ends all connections without a word and kills every silo. The store's open transactions end as they will: only a killed process shows what is left of them.</remarks>
public sealed class InProcessRelay : ITestRelay
{
    private const short Silos = 2;

    private readonly string _directory;
    private readonly IReadOnlyList<string> _made;
    private IConfigurationRoot _settings;
    private readonly Action<ISiloBuilder>? _plant;
    private readonly StaticIdentity _identity = StaticIdentity.Generate();
    private readonly LineLog _log = new();
    private readonly List<CuttableTransport> _transports = [];
    private InProcessTestCluster? _cluster;
    private SqliteGroupStore? _store;
    private MeterReader? _meters;
    private int _port;

    /// <summary>A relay that is not started yet.</summary>
    /// <param name="directory">For its store.</param>
    /// <param name="settings">As its command line takes them; of the sections Gateway and Group.</param>
    /// <param name="plant">Changes each silo before it starts, to plant a bug; null: nothing.</param>
    public InProcessRelay(string directory, IReadOnlyList<string> settings, Action<ISiloBuilder>? plant = null)
    {
        (_directory, _made, _plant) = (directory, settings, plant);
        _settings = Read(settings);
    }

    /// <inheritdoc/>
    public Uri Address { get; private set; } = new("about:blank");

    /// <inheritdoc/>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <inheritdoc/>
    public IReadOnlyList<string> Transports { get; private set; } = [];

    /// <inheritdoc/>
    public bool Running => _cluster is not null;

    /// <inheritdoc/>
    public string Log => _log.Text;

    /// <inheritdoc/>
    public void Configure(IReadOnlyList<string> settings) => _settings = Read([.. _made, .. settings]);

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_directory);
        _store = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = _directory });
        var pseudonyms = new GroupKey(await _store.GetRelaySecretAsync(cancellationToken).ConfigureAwait(false));
        _transports.Clear();
        var builder = new InProcessTestClusterBuilder(Silos);
        builder.Options.InitializeClientOnDeploy = false;
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((options, silo) => Configure(silo, pseudonyms, first: options.SiloName.EndsWith('0') || options.SiloName == "Primary"));
        _cluster = builder.Build();
        await _cluster.DeployAsync(cancellationToken).ConfigureAwait(false);
        var factories = _cluster.Silos.Select(s => (object)s.ServiceProvider.GetRequiredService<IMeterFactory>()).ToHashSet(ReferenceEqualityComparer.Instance);
        _meters = new MeterReader(GatewayInstruments.MeterName, scope => scope is not null && factories.Contains(scope));
        var gateway = Gateways()[0];
        _port = gateway.Port;
        Transports = [.. gateway.Listening.Select(t => t.ToString())];
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"zerok-relay://127.0.0.1:{_port}/{Base64Url.EncodeToString(_identity.Public.Fingerprint())}"));
    }

    /// <inheritdoc/>
    public async Task KillAsync()
    {
        if (_cluster is null) return;
        foreach (var transport in _transports) await transport.CutAsync().ConfigureAwait(false);
        foreach (var silo in _cluster.Silos.ToList()) await _cluster.KillSiloAsync(silo).ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_cluster is null) return;
        await _cluster.StopAllSilosAsync(cancellationToken).ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task PauseAsync() => throw new ScenarioSkippedException("a relay within the runner's process can't be paused; run it on the tier processes");

    /// <inheritdoc/>
    public Task ResumeAsync() => throw new ScenarioSkippedException("a relay within the runner's process can't be paused; run it on the tier processes");

    /// <inheritdoc/>
    public Task<bool> HealthyAsync(CancellationToken cancellationToken) => Task.FromResult(_cluster is { } cluster && cluster.Silos.All(s => s.IsActive) && Gateways().All(g => g.IsOpen));

    /// <inheritdoc/>
    public Task<double> MetricAsync(string name, string label, CancellationToken cancellationToken) => Task.FromResult(_meters!.Sum(name, label));

    /// <inheritdoc/>
    public async Task<ResourceUse> UseAsync(CancellationToken cancellationToken) => new(
        -1,
        -1,
        -1,
        (int)await MetricAsync("zerok_sessions", "", cancellationToken).ConfigureAwait(false),
        (int)await MetricAsync("zerok_connections", "", cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public IReadOnlyList<ByteSource> WhatItKept() => [new ByteSource("relay.log", Encoding.UTF8.GetBytes(Log)), .. FileSource.ReadAll(_directory)];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        _identity.Dispose();
        _log.Dispose();
    }

    private static IConfigurationRoot Read(IReadOnlyList<string> settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => s[2..].Split('=', 2)).GroupBy(s => s[0]).Select(s => KeyValuePair.Create(s.Key, (string?)s.Last()[1]))).Build();

    private List<RelayGateway> Gateways() =>
        [.. _cluster!.Silos.Select(s => s.ServiceProvider.GetRequiredService<RelayGateway>()).OrderBy(g => g.Port == _port ? 0 : 1)];

    private void Configure(ISiloBuilder silo, GroupKey pseudonyms, bool first)
    {
        var services = silo.Services;
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.Information).AddProvider(_log));
        services.AddSingleton<IGroupStore>(_ => _store!);
        services.AddSingleton(pseudonyms);
        services.AddSingleton(_identity);
        foreach (var transport in new[] { new CuttableTransport(new TcpTransport()), new CuttableTransport(new QuicTransport()) })
        {
            lock (_transports) _transports.Add(transport);
            services.AddSingleton<ITransport>(transport);
        }

        Dictionary<string, string?> fixedSettings = new() { ["Gateway:Listen"] = "127.0.0.1", ["Gateway:Port"] = (first ? _port : 0).ToString(CultureInfo.InvariantCulture) };
        var settings = new ConfigurationBuilder().AddConfiguration(_settings).AddInMemoryCollection(fixedSettings).Build();
        services.AddSingleton(Options.Create(settings.GetSection("Gateway").Get<GatewayOptions>()!));
        services.AddSingleton(Options.Create(settings.GetSection("Group").Get<GroupOptions>() ?? new GroupOptions()));
        services.AddGroups();
        silo.AddZeroKGateway();
        _plant?.Invoke(silo);
    }

    private async Task EndAsync()
    {
        _meters?.Dispose();
        await _cluster!.DisposeAsync().ConfigureAwait(false);
        _cluster = null;
        _store?.Dispose();
        _store = null;
    }
}
