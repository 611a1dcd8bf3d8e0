using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.TestingHost;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Relay.Tests.Host;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>One silo with the group grain over a store that tests can break, and a notifier that writes down what it was told.</summary>
public sealed class RelayCluster : IAsyncLifetime
{
    private static readonly ConcurrentDictionary<string, RelayCluster> Running = new();
    private readonly string _id = Guid.NewGuid().ToString("N");
    private TestCluster _cluster = null!;

    public MemoryDisk Disk { get; } = new();
    public TestStore Store { get; }
    public TestNotifier Notifier { get; } = new();

    /// <summary>What the silo logs, as a relay would: of others' code, warnings alone.</summary>
    internal LogKeeper Logs { get; } = new();

    /// <summary>The groups and devices that tests made: no log line may name them.</summary>
    internal Names Names { get; } = new();

    internal TestAddress Address { get; } = new();

    public MemoryBodyStore Bodies { get; } = new(TimeProvider.System);
    public SiloAddress Gateway => _cluster.Primary!.SiloAddress;

    public RelayCluster() => Store = new TestStore(new MemoryGroupStore(Disk));

    public async ValueTask InitializeAsync()
    {
        Running[_id] = this;
        var builder = new TestClusterBuilder(1);
        builder.Options.ServiceId = _id;
        builder.AddSiloBuilderConfigurator<Configurator>();
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        Running.TryRemove(_id, out _);
        Names.AssertNoneIn(Logs.Lines);
    }

    public IGrainFactory Grains => _cluster.GrainFactory;

    /// <summary>The silo's own services.</summary>
    public IServiceProvider Services => ((InProcessSiloHandle)_cluster.Primary!).SiloHost.Services;

    internal TestGroup NewGroup()
    {
        var (id, key) = (Guid.NewGuid(), RandomNumberGenerator.GetBytes(32));
        Names.Add("a group's pseudonym", id);
        Names.Add("a group's admission key", key);
        return new TestGroup(this, id, key);
    }

    internal IGroupGrain Grain(Guid group) => _cluster.GrainFactory.GetGrain<IGroupGrain>(group);

    private sealed class Configurator : ISiloConfigurator
    {
        public void Configure(ISiloBuilder siloBuilder)
        {
            var id = siloBuilder.Configuration["Orleans:ServiceId"] ?? siloBuilder.Configuration["ServiceId"] ?? throw new InvalidOperationException("The test cluster names no service id.");
            var owner = Running[id];
            siloBuilder.ConfigureLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddFilter<LogKeeper>("Orleans", LogLevel.Warning).AddFilter<LogKeeper>("Microsoft", LogLevel.Warning).AddFilter<LogKeeper>("System", LogLevel.Warning).AddProvider(owner.Logs));
            siloBuilder.Services.AddSingleton<IGroupStore>(owner.Store);
            siloBuilder.Services.AddSingleton<IGatewayNotifier>(owner.Notifier);
            siloBuilder.Services.AddSingleton<IGatewayAddress>(owner.Address);
            siloBuilder.Services.AddSingleton<IBodyStore>(owner.Bodies);
            siloBuilder.Services.AddSingleton(new GroupKey(new byte[GroupKey.SecretBytes]));
            siloBuilder.Services.AddGroups(o => o.LazyWriteDelay = TimeSpan.FromMilliseconds(20));
        }
    }
}

/// <summary>What the silo's own gateway says of its address.</summary>
internal sealed class TestAddress : IGatewayAddress
{
    public string Public { get; set; } = "";
}

/// <summary>A group, called as a gateway calls it.</summary>
internal sealed class TestGroup(RelayCluster relay, Guid id, byte[] key)
{
    public Guid Id => id;

    public IGroupGrain Grain => relay.Grain(id);

    public Task<HelloReply> HelloAsync(byte[] device, bool create = true, byte[]? admissionKey = null, bool matches = true, SiloAddress? gateway = null) =>
        Grain.HelloAsync(new HelloRequest(device, gateway ?? relay.Gateway, admissionKey ?? key, matches, create, []).AsImmutable());

    public Task<PushReply> PushAsync(byte[] device, params PushItem[] items) => Grain.PushAsync(new PushRequest(device, relay.Gateway, items).AsImmutable());

    public Task<PullReply> PullAsync(byte[] device, ulong after, uint maxBlobs = 100, uint maxBytes = 1 << 22, bool takesNames = false) =>
        Grain.PullAsync(new PullRequest(device, relay.Gateway, after, maxBlobs, maxBytes, takesNames).AsImmutable());

    public Task<GroupReply> AckAsync(byte[] device, ulong through) => Grain.AckAsync(new AckRequest(device, relay.Gateway, through).AsImmutable());

    public Task<GroupReply> DeleteAsync(byte[] device, params byte[][] blobs) => Grain.DeleteAsync(new DeleteRequest(device, relay.Gateway, blobs).AsImmutable());

    public Task<GroupReply> RevokeAsync(byte[] device, byte[] target) => Grain.RevokeAsync(new RevokeRequest(device, relay.Gateway, target).AsImmutable());

    public DeviceRequest As(byte[] device) => new(device, relay.Gateway);

    /// <summary>A device that has said HELLO.</summary>
    public async Task<byte[]> JoinAsync()
    {
        var device = RandomNumberGenerator.GetBytes(DeviceId.Size);
        relay.Names.Add("a device", device);
        var reply = await HelloAsync(device);
        Assert.Equal(ErrorCode.None, reply.Code);
        return device;
    }

    /// <summary>A blob whose body is put into the body store first.</summary>
    public async Task<(PushItem Item, byte[] Body)> PutAsync(ulong sequence, int bytes)
    {
        var (name, body) = (Guid.NewGuid(), RandomNumberGenerator.GetBytes(bytes));
        var putAtMs = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await relay.Bodies.PutAsync(name, body, CancellationToken.None);
        return (new PushItem(RandomNumberGenerator.GetBytes(BlobId.Size), sequence, null, new NamedBody(name, bytes, putAtMs)), body);
    }

    public static PushItem Item(ulong sequence, int bytes = 100) => new(RandomNumberGenerator.GetBytes(BlobId.Size), sequence, RandomNumberGenerator.GetBytes(bytes));
}
