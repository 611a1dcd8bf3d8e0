using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NSec.Cryptography;
using Orleans.TestingHost;
using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Gateway;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Cluster.Tests.Silos;

/// <summary>Two silos with their gateways: devices are connected to one, their group is on the other. What passes between the silos is measured.</summary>
public sealed class LargeBodyFlowTests : IAsyncLifetime
{
    private const int BodyBytes = 1 << 20;
    private const int Pushes = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StaticIdentity _relay = StaticIdentity.Generate();
    private readonly Key _admission = Key.Create(SignatureAlgorithm.Ed25519);
    private readonly List<DeviceIdentity> _devices = [];
    private readonly MemoryDisk _disk = new();
    private readonly MemoryBodyStore _bodies = new(TimeProvider.System);
    private InProcessTestCluster? _cluster;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        foreach (var device in _devices) device.Dispose();
        _admission.Dispose();
        _relay.Dispose();
    }

    [Fact]
    public async Task No_message_between_silos_carries_a_large_body()
    {
        await DeployAsync(inlineBytesMax: 64 * 1024);
        Assert.InRange(await LargestMessageAsync(), 1, 64 * 1024);
        Assert.Equal(Pushes, _bodies.Count);
    }

    // The judge of the judge: the group is on the other silo, and the meter sees what passes.
    [Fact]
    public async Task Messages_between_silos_carry_bodies_that_are_sent_inline()
    {
        await DeployAsync(inlineBytesMax: WireLimits.EnvelopeBytesMax);
        Assert.InRange(await LargestMessageAsync(), BodyBytes, int.MaxValue);
        Assert.Equal(0, _bodies.Count);
    }

    // Pushes and pulls large bodies over the second silo, of a group that began on the first one.
    private async Task<long> LargestMessageAsync()
    {
        await using var first = await OpenAsync(0);
        await using var pusher = await OpenAsync(1);
        await using var reader = await OpenAsync(1);
        using var meter = new MessageMeter();
        var bodies = Enumerable.Range(0, Pushes).Select(_ => RandomNumberGenerator.GetBytes(BodyBytes)).ToList();
        for (var i = 0; i < bodies.Count; i++)
        {
            var ack = await pusher.RequestAsync<PushAck>(new Push([new PushBlob(BlobId.New(), (ulong)i + 1, bodies[i])]), Patience, Stop);
            Assert.Equal((ErrorCode.None, (ulong)i + 1), (ack.Results[0].Code, ack.Results[0].Cursor.Value));
        }

        var page = await reader.RequestAsync<PullResponse>(new Pull(Cursor.Zero, 100, 4 << 20), Patience, Stop);
        Assert.Equal(bodies, page.Blobs.Select(b => b.Envelope.ToArray()));
        Assert.True(meter.Messages > 0, "The meter saw no message between the silos.");
        return meter.LargestBytes;
    }

    private Task<WireSession> OpenAsync(int silo)
    {
        _devices.Add(DeviceIdentity.Generate());
        var gateway = _cluster!.Silos[silo].ServiceProvider.GetRequiredService<RelayGateway>();
        return WireSession.OpenAsync(new TcpTransport(), new RelayEndpoint("127.0.0.1", gateway.Port), _relay.Public.Fingerprint(), _devices[^1], _admission, Patience, null, Stop);
    }

    private async Task DeployAsync(int inlineBytesMax)
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IGroupStore>(new MemoryGroupStore(_disk));
            silo.Services.AddSingleton<IBodyStore>(_bodies);
            silo.Services.AddSingleton(new LargeBodyStore(_bodies, inlineBytesMax));
            silo.Services.AddSingleton(new GroupKey(new byte[GroupKey.SecretBytes]));
            silo.Services.AddSingleton(_relay);
            silo.Services.AddSingleton<ITransport, TcpTransport>();
            silo.Services.AddSingleton(Options.Create(new GatewayOptions { Listen = "127.0.0.1", Port = 0, LingerSeconds = 1 }));
            silo.Services.AddGroups();
            silo.AddZeroKGateway();
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    /// <summary>Sizes of the messages that the silos of this process send to each other: Orleans' own measure.</summary>
    private sealed class MessageMeter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _largestBytes;
        private int _messages;

        public MessageMeter()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "orleans-messaging-sent-messages-size") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((_, bytes, _, _) => Saw(bytes));
            _listener.SetMeasurementEventCallback<long>((_, bytes, _, _) => Saw(bytes));
            _listener.Start();
        }

        public long LargestBytes => Interlocked.Read(ref _largestBytes);

        public int Messages => Volatile.Read(ref _messages);

        public void Dispose() => _listener.Dispose();

        private void Saw(long bytes)
        {
            Interlocked.Increment(ref _messages);
            long largest;
            while (bytes > (largest = Interlocked.Read(ref _largestBytes))) Interlocked.CompareExchange(ref _largestBytes, bytes, largest);
        }
    }
}
