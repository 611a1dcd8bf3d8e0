using NSec.Cryptography;
using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Noise;
using ZeroK.Postgres;
using ZeroK.Transport;
using ZeroK.Wire;

// Each test runs relays as processes of their own: one at a time.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]

[assembly: AssemblyFixture(typeof(ZeroK.Cluster.Tests.SharedNodes))]

namespace ZeroK.Cluster.Tests;

/// <summary>Two relays and their database, for all tests: each test leaves them whole. Skips where PostgreSQL is not installed.</summary>
public sealed class SharedNodes : IAsyncDisposable
{
    private readonly Lazy<Task<Nodes>> _nodes = new(() => Task.Run(() => Nodes.StartAsync(TestRelays.RelayDll(), 2, [], CancellationToken.None)));

    public Task<Nodes> GetAsync()
    {
        if (PostgreSqlServer.WhyNot() is { } why) Assert.Skip($"skipped: {why}");
        return _nodes.Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (_nodes.IsValueCreated) await (await _nodes.Value).DisposeAsync();
    }
}

/// <summary>The relays, and devices of a group of the test's own to talk to them.</summary>
internal sealed class TestRelays : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Key _admission = Key.Create(SignatureAlgorithm.Ed25519);
    private readonly List<DeviceIdentity> _devices = [];

    private TestRelays(Nodes nodes) => Nodes = nodes;

    public Nodes Nodes { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<TestRelays> WithAsync(SharedNodes shared) => new(await shared.GetAsync());

    public DeviceIdentity NewDevice()
    {
        _devices.Add(DeviceIdentity.Generate());
        return _devices[^1];
    }

    public Task<WireSession> OpenAsync(int relay, DeviceIdentity device, Action<WireMessage>? unasked = null) =>
        WireSession.OpenAsync(new TcpTransport(), Nodes.EndpointOf(relay), Nodes.Fingerprint, device, _admission, Patience, unasked, Stop);

    /// <summary>Everything that the group has, read over a fresh device's session.</summary>
    public async Task<IReadOnlyList<PulledBlob>> ReadAllAsync(int relay)
    {
        await using var session = await OpenAsync(relay, NewDevice());
        var all = new List<PulledBlob>();
        while (true)
        {
            var page = await session.RequestAsync<PullResponse>(new Pull(all.Count == 0 ? Cursor.Zero : all[^1].Cursor, 100, 1 << 20), Patience, Stop);
            all.AddRange(page.Blobs);
            if (page.Through >= page.Head) return all;
        }
    }

    public static async Task<PushResult> PushAsync(WireSession session, ulong sequence, byte content)
    {
        var ack = await session.RequestAsync<PushAck>(new Push([new PushBlob(BlobId.New(), sequence, new byte[] { content })]), Patience, Stop);
        return Assert.Single(ack.Results);
    }

    /// <summary>Starts again what a test has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) device.Dispose();
        _admission.Dispose();
        foreach (var relay in Nodes.Relays.Where(r => !r.Running)) await relay.StartAsync(CancellationToken.None);
    }

    public static string RelayDll()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var root = folder;
        while (!File.Exists(Path.Combine(root!.FullName, "ZeroK.Orleans.sln"))) root = root.Parent;
        return Path.Combine(root.FullName, "Silo", "Host", "bin", folder.Parent!.Name, folder.Name, "zerok-relay.dll");
    }
}
