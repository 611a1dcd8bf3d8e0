using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;

namespace ZeroK.Cluster.Tests.Silos;

/// <summary>Three silos within this process, over one disk in memory. Each reaches it by a store of its own.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    private const short SilosMade = 3;

    private InProcessTestCluster? _cluster;

    public MemoryDisk Disk { get; } = new();

    /// <summary>By the silo's name.</summary>
    public ConcurrentDictionary<string, FaultyStore> Stores { get; } = new();

    public IReadOnlyList<InProcessSiloHandle> Silos => _cluster!.Silos;

    public IGrainFactory Grains => _cluster!.Client;

    /// <summary>Any silo: whom grains would tell of news.</summary>
    public SiloAddress Gateway => _cluster!.Silos[0].SiloAddress;

    public static async Task<SiloCluster> StartAsync()
    {
        var made = new SiloCluster();
        await made.DeployAsync();
        return made;
    }

    public Task KillAsync(InProcessSiloHandle silo) => _cluster!.KillSiloAsync(silo);

    /// <summary>Kills all silos and starts as many again; the disk stays.</summary>
    public async Task RestartAllAsync()
    {
        foreach (var silo in _cluster!.Silos.ToList()) await _cluster.KillSiloAsync(silo);
        await _cluster.DisposeAsync();
        Stores.Clear();
        await DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in Stores.Values)
        {
            store.Down = false;
            store.Release();
        }

        if (_cluster is not null) await _cluster.DisposeAsync();
        foreach (var store in Stores.Values) store.Dispose();
    }

    private async Task DeployAsync()
    {
        var builder = new InProcessTestClusterBuilder(SilosMade);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((options, silo) =>
        {
            silo.Services.AddSingleton<IGroupStore>(Stores[options.SiloName] = new FaultyStore(new MemoryGroupStore(Disk)));
            silo.Services.AddSingleton<IGatewayNotifier, Nobody>();
            silo.Services.AddGroups();
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                (o.ProbeTimeout, o.MaxProbeTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
                (o.NumMissedProbesLimit, o.NumVotesForDeathDeclaration) = (2, 1);
            });
        });
        builder.ConfigureClient(client => client.Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(5)));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    private sealed class Nobody : IGatewayNotifier
    {
        public void Notify(SiloAddress gateway, Guid group, ulong head, byte[] exceptDevice) { }

        public void Revoked(SiloAddress gateway, Guid group, byte[] device) { }
    }
}
