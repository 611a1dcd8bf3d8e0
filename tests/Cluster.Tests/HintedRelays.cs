using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Client;
using ZeroK.Postgres;
using ZeroK.Transport;

namespace ZeroK.Cluster.Tests;

/// <summary>Three relays of one cluster: one that devices reach by an address of its own, one whose address leads nowhere, one without. Skips where PostgreSQL is not installed.</summary>
public sealed class HintedRelays : IAsyncDisposable
{
    /// <summary>The relays' numbers.</summary>
    public const int Reachable = 0, Unreachable = 1, Unnamed = 2;

    private readonly Lazy<Task<Nodes>> _nodes;
    private readonly Socket _bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public HintedRelays()
    {
        // Bound and not listened on: whoever connects is refused, and nobody else gets the port.
        _bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string[][] own = [["--public-address", "127.0.0.1"], ["--public-address", _bound.LocalEndPoint!.ToString()!], []];
        _nodes = new(() => Task.Run(() => Nodes.StartAsync(TestRelays.RelayDll(), own.Length, [], CancellationToken.None, i => own[i])));
    }

    public Task<Nodes> GetAsync()
    {
        if (PostgreSqlServer.WhyNot() is { } why) Assert.Skip($"skipped: {why}");
        return _nodes.Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (_nodes.IsValueCreated) await (await _nodes.Value).DisposeAsync();
        _bound.Dispose();
    }
}

/// <summary>Devices of one group, each with a relay's address of its own in its list. All are gone with it.</summary>
internal sealed class ListedDevices(Nodes nodes) : IAsyncDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("zerok-hinted-");
    private readonly GroupSecret _secret = GroupSecret.Random();
    private readonly List<(Device Device, SyncClient Client)> _all = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A device that is live, and has anything to do only with one relay's address.</summary>
    public Task<SyncClient> StartAsync(int relay, TransportChoice transport) => StartAsync([relay], transport);

    /// <summary>A device that is live, and has several relays' addresses in its list, the preferred first.</summary>
    public async Task<SyncClient> StartAsync(int[] relays, TransportChoice transport)
    {
        var name = $"device-{_all.Count}";
        var device = Device.Init(Path.Combine(_root.FullName, name), name);
        device.CreateGroup(_secret, [.. relays.Select(r => new RelayAddress("127.0.0.1", nodes.EndpointOf(r).Port, nodes.Fingerprint.Span))]);
        var client = await SyncClient.StartAsync(device, SyncOptions.Default with { Transport = transport, BackoffMax = TimeSpan.FromSeconds(1) }, Stop);
        _all.Add((device, client));
        await UntilAsync(() => client.Status.State == SyncState.Live);
        return client;
    }

    /// <summary>Pushes texts; returns when a relay has them durably.</summary>
    public static async Task PushAsync(SyncClient client, params string[] texts)
    {
        foreach (var text in texts) await client.PushAsync(Encoding.UTF8.GetBytes(text), cancellationToken: Stop);
        await client.FlushAsync(Stop).WaitAsync(TestRelays.Patience, TimeProvider.System, Stop);
    }

    /// <summary>The next texts that come.</summary>
    public static async Task<List<string>> TakeAsync(SyncClient client, int count)
    {
        var texts = new List<string>();
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        late.CancelAfter(TestRelays.Patience);
        await foreach (var blob in client.ReceiveAsync(late.Token))
        {
            texts.Add(Encoding.UTF8.GetString(blob.Payload.Span));
            await blob.AckAsync(late.Token);
            if (texts.Count == count) break;
        }

        return texts;
    }

    /// <summary>All that was told up to now.</summary>
    public static async Task<List<SyncEvent>> EventsSoFarAsync(SyncClient client)
    {
        var events = new List<SyncEvent>();
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        try
        {
            await foreach (var happened in client.EventsAsync(now.Token)) events.Add(happened);
        }
        catch (OperationCanceledException)
        {
            // That is all there is.
        }

        return events;
    }

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(TestRelays.Patience);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (device, client) in _all)
        {
            await client.DisposeAsync();
            device.Dispose();
        }

        _secret.Dispose();
        _root.Delete(recursive: true);
    }
}
