using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NSec.Cryptography;
using Xunit;
using ZeroK.Gateway;
using ZeroK.GrainContracts;
using ZeroK.Noise;
using ZeroK.Relay.Tests.Host;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Memory;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>A gateway on a fake network, with a fake group and a fake clock.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly StaticIdentity _identity = StaticIdentity.Generate();

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Instrument, string Tag), long> _counted = new();
    private long _openSides;
    private readonly ConcurrentBag<(string Instrument, string Tag)> _tags = [];

    public GatewayRig(GatewayOptions? options = null, LargeBodyStore? largeBodies = null)
    {
        var logs = new LoggerFactory([Logs], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
        Listen();
        Names.Add("the group's id", GroupId.ToArray());
        Names.Add("the group's pseudonym", GroupPseudonym);
        Names.Add("the admission key", Admission.PublicKey.Export(KeyBlobFormat.RawPublicKey));
        var instruments = ActivatorUtilities.CreateInstance<GatewayInstruments>(_metrics);
        Context = new GatewayContext(
            options ?? new GatewayOptions(), SiloAddress.New(IPAddress.Loopback, 1, 1), new GroupKey(new byte[32]), Group, Sessions, instruments, Time, logs,
            new ContentService(ContentStore, new MemoryContentIndex(), new ContentLimits { GroupBytesMax = 1_000_000 }, new ContentInstruments(_metrics.GetRequiredService<IMeterFactory>()), Time, NullLogger<ContentService>.Instance), largeBodies);
        Gateway = new RelayGateway(Context, [Network], _identity, logs, async (connection, _, _, cancel) =>
        {
            try
            {
                return await ((FakeConnection)connection).Handshake.Task.WaitAsync(cancel);
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        });
    }

    public GatewayContext Context { get; }
    public LogKeeper Logs { get; } = new();

    /// <summary>Everybody that this rig has met: no log line may name them.</summary>
    public Names Names { get; } = new();
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    public FakeNetwork Network { get; } = new();
    public MemoryContentStore ContentStore { get; } = new();
    public FakeGroup Group { get; } = new();
    public SessionRegistry Sessions { get; } = new();
    public RelayGateway Gateway { get; }
    public Key Admission { get; } = Key.Create(SignatureAlgorithm.Ed25519);

    public static async Task<GatewayRig> StartAsync(GatewayOptions? options = null, LargeBodyStore? largeBodies = null)
    {
        var rig = new GatewayRig(options, largeBodies);
        await rig.Gateway.StartAsync(CancellationToken.None);
        return rig;
    }

    /// <summary>Side streams that are open.</summary>
    public long OpenSides => Interlocked.Read(ref _openSides);

    /// <summary>What this gateway's counter has counted with this tag.</summary>
    public long Counted(string instrument, string tag) => _counted.GetValueOrDefault((instrument, tag));

    /// <summary>A connection that has not even shaken hands.</summary>
    public FakeConnection Connect(string address = "192.0.2.1")
    {
        var connection = new FakeConnection(address);
        if (IPAddress.TryParse(address, out var parsed)) Names.Add("a peer's address", parsed);
        Network.Arrives(connection);
        return connection;
    }

    /// <summary>A session after its handshake, before HELLO.</summary>
    public FakeChannel Open(PeerIdentity? device = null, string address = "192.0.2.1", bool hasSideStreams = false)
    {
        var channel = new FakeChannel(device ?? FakeChannel.NewPeer(), RandomNumberGenerator.GetBytes(32)) { HasSideStreams = hasSideStreams };
        Names.Add("a device", channel.Device.ToArray());
        Names.Add("a session", channel.HandshakeHash.Span);
        Connect(address).Handshake.SetResult(channel);
        return channel;
    }

    /// <summary>A session whose HELLO was accepted.</summary>
    public async Task<FakeChannel> JoinAsync(PeerIdentity? device = null, string address = "192.0.2.1", bool hasSideStreams = false)
    {
        var channel = Open(device, address, hasSideStreams);
        channel.FromClient(1, HelloFor(channel));
        Assert.IsType<Welcome>((await channel.NextAsync()).Message);
        await Until(() => Sessions.IsLiveForTest(GroupPseudonym, channel));
        return channel;
    }

    public Guid GroupPseudonym => new GroupKey(new byte[32]).Of(GroupId);

    public GroupId GroupId => new(SHA256.HashData([.. "0ksync/1 group"u8, .. Admission.PublicKey.Export(KeyBlobFormat.RawPublicKey)]));

    public Hello HelloFor(FakeChannel channel, Key? signer = null, GroupId? group = null, byte[]? handshakeHash = null)
    {
        var key = signer ?? Admission;
        var id = group ?? GroupId;
        byte[] text = [.. "0ksync/1 hello"u8, .. handshakeHash ?? channel.HandshakeHash.ToArray(), .. id.ToArray(), .. channel.Device.ToArray()];
        return new Hello(id, FakeChannel.SigningKey, key.PublicKey.Export(KeyBlobFormat.RawPublicKey), SignatureAlgorithm.Ed25519.Sign(key, text), true, ReadOnlyMemory<byte>.Empty);
    }

    /// <summary>Waits for a condition of real work; the fake clock stands still meanwhile.</summary>
    public static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 20_000; i++)
        {
            if (condition()) return;
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.Fail("The condition did not come true in 20 s.");
    }

    public static Push PushOf(params (ulong Sequence, int Bytes)[] blobs) =>
        new([.. blobs.Select(b => new PushBlob(BlobId.New(), b.Sequence, new byte[b.Bytes]))]);

    public async ValueTask DisposeAsync()
    {
        // Nobody answers BYE any more: let the clock run until the gateway gives up waiting.
        var ending = Gateway.DisposeAsync().AsTask();
        while (!ending.IsCompleted)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(ending, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }

        await ending;

        // Whatever the test did, and however each request ended: what it took is given back.
        await Until(() => Context.Budget.Bytes == 0 && Gateway.Shares.Addresses == 0);
        Assert.Equal((0L, 0L, 0), (Context.Frames.Bytes, Context.LargeBodies?.BytesUnderWay ?? 0, Gateway.HalfOpen));
        Assert.All(_tags, t => Assert.True(ClosedTags.Allows(t.Instrument, t.Tag), $"{t.Instrument} has the label value '{t.Tag}', which is none of its closed set."));
        Names.AssertNoneIn(Logs.Lines);
        _listener.Dispose();
        Admission.Dispose();
        _identity.Dispose();
        await _metrics.DisposeAsync();
    }

    private void Listen()
    {
        var meters = _metrics.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == GatewayInstruments.MeterName && instrument.Meter.Scope == meters) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "zerok.side_streams") Interlocked.Add(ref _openSides, value);
            foreach (var (_, tag) in tags) _tags.Add((instrument.Name, tag?.ToString() ?? ""));
            foreach (var (_, tag) in tags) _counted.AddOrUpdate((instrument.Name, tag?.ToString() ?? ""), value, (_, sum) => sum + value);
        });
        _listener.Start();
    }
}

internal static class RegistryProbe
{
    public static bool IsLiveForTest(this SessionRegistry sessions, Guid group, FakeChannel channel) =>
        sessions.SessionsOf(group).Any(s => s.IsLive && s.Device == channel.Device);
}
