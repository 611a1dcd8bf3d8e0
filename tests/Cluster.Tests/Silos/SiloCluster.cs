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

    /// <summary>How long a call waits for its answer; a silo that ends takes its callers' timers with it.</summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    private InProcessTestCluster? _cluster;

    public MemoryDisk Disk { get; } = new();

    /// <summary>By the silo's name.</summary>
    public ConcurrentDictionary<string, FaultyStore> Stores { get; } = new();

    public IReadOnlyList<InProcessSiloHandle> Silos => _cluster!.Silos;

    public SiloNetwork Network { get; private set; } = new();

    /// <summary>Makes calls as the gateway within a silo does.</summary>
    /// <param name="silo">Any number: the silos are counted round.</param>
    public IGrainFactory GrainsFrom(int silo)
    {
        var silos = Silos;
        return silos[silo % silos.Count].ServiceProvider.GetRequiredService<IGrainFactory>();
    }

    /// <summary>Any silo: whom grains would tell of news.</summary>
    public SiloAddress Gateway => _cluster!.Silos[0].SiloAddress;

    public static async Task<SiloCluster> StartAsync()
    {
        var made = new SiloCluster();
        await made.DeployAsync();
        return made;
    }

    public Task KillAsync(InProcessSiloHandle silo) => _cluster!.KillSiloAsync(silo);

    /// <summary>Takes away a silo that has ended, or ends it, and starts another.</summary>
    public async Task ReplaceAsync(InProcessSiloHandle silo)
    {
        await _cluster!.KillSiloAsync(silo);
        await _cluster.StartAdditionalSiloAsync();
    }

    /// <summary>What a silo knows of another.</summary>
    public static SiloStatus StatusOf(SiloAddress silo, InProcessSiloHandle asSeenBy) => asSeenBy.ServiceProvider.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.GetSiloStatus(silo);

    /// <summary>Kills all silos and starts as many again; the disk stays.</summary>
    public async Task RestartAllAsync()
    {
        foreach (var silo in _cluster!.Silos.ToList()) await _cluster.KillSiloAsync(silo);
        await _cluster.DisposeAsync();
        Stores.Clear();
        Network = new SiloNetwork();
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
#pragma warning disable ORLEANSEXP003 // The directory that the relay uses: the relay says why.
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        var network = Network;
        builder.ConfigureSiloHost((_, host) => host.ConfigureContainer(new TableFarAwayFactory(network)));
        builder.ConfigureSilo((options, silo) =>
        {
            silo.Services.AddSingleton<IGroupStore>(Stores[options.SiloName] = new FaultyStore(new MemoryGroupStore(Disk)));
            silo.Services.AddSingleton(new GroupKey(new byte[GroupKey.SecretBytes]));
            silo.Services.AddSingleton<IGatewayNotifier, Nobody>();
            silo.Services.AddGroups();
            network.Join(silo);

            // As the relay has it, but for quicker judgement.
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                (o.ProbeTimeout, o.MaxProbeTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
                (o.NumMissedProbesLimit, o.NumVotesForDeathDeclaration) = (2, 2);
                o.TableRefreshTimeout = TimeSpan.FromSeconds(2);
            });
            silo.Configure<GrainDirectoryOptions>(o => o.RangeLeaseDuration = TimeSpan.FromSeconds(4));
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = ResponseTimeout);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    private sealed class Nobody : IGatewayNotifier
    {
        public void Notify(SiloAddress gateway, Guid group, ulong head, byte[] exceptDevice) { }

        public void Revoked(SiloAddress gateway, Guid group, byte[] device) { }
    }
}
