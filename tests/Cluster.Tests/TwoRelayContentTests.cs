using System.Security.Cryptography;
using Npgsql;
using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Chaos.Proxy;
using ZeroK.Client;
using ZeroK.Postgres;
using ZeroK.Relay.Tests.Content;

namespace ZeroK.Cluster.Tests;

/// <summary>The whole way, as programs: two devices, two relays, PostgreSQL and Azurite. What one relay took, the other one has. Skips where a server is not installed.</summary>
public sealed class TwoRelayContentTests : IAsyncLifetime
{
    private const int ContentBytes = 24 << 20;
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("zerok-two-relays-");
    private readonly GroupSecret _secret = GroupSecret.Random();
    private readonly List<Device> _devices = [];
    private AzuriteServer? _azurite;
    private Nodes? _nodes;
    private ChaosProxy? _name;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if ((PostgreSqlServer.WhyNot() ?? AzuriteServer.WhyNot()) is { } why) Assert.Skip($"skipped: {why}");
        _azurite = await AzuriteServer.StartAsync();
        _nodes = await Nodes.StartAsync(TestRelays.RelayDll(), 2, ["--azure-storage", _azurite.ConnectionString], Stop);

        // The one name behind which the relays lie: first it leads to one of them, then to the other.
        _name = new ChaosProxy("name", ProxyProtocol.Tcp, "127.0.0.1:0", _nodes.EndpointOf(0).ToString());
        await _name.EnableAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_name is not null) await _name.DisposeAsync();
        if (_nodes is not null) await _nodes.DisposeAsync();
        _azurite?.Dispose();
        foreach (var device in _devices) device.Dispose();
        _secret.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public async Task Content_whose_relay_is_killed_during_the_put_goes_on_at_another_and_is_fetched_there()
    {
        await using var a = await StartAsync("a", _name!.Listen.Port);
        await using var b = await StartAsync("b", _nodes!.EndpointOf(1).Port);
        var content = RandomNumberGenerator.GetBytes(ContentBytes);
        var half = new AtHalf(() => FailOver().GetAwaiter().GetResult());
        using var source = new MemoryStream(content);
        var reference = await a.PutContentAsync(source, new ContentOptions { Name = "film" }, half, Stop).WaitAsync(2 * TestRelays.Patience, TimeProvider.System, Stop);
        Assert.True(half.Passed, "The put was over before its relay was killed.");

        // The second relay took what was left, and not all again: the first one's blocks are the cluster's.
        var taken = await _nodes.Relays[1].MetricAsync("zerok_content_written_bytes_total", "", Stop);
        Assert.InRange(taken, 1, reference.SealedLength * 0.6);

        var blob = await FirstAsync(b);
        Assert.NotNull(blob.Content);
        using var fetched = new MemoryStream();
        await b.GetContentAsync(blob.Content, fetched, cancellationToken: Stop).WaitAsync(TestRelays.Patience, TimeProvider.System, Stop);
        Assert.True(fetched.ToArray().AsSpan().SequenceEqual(content), "What came is not what was put.");
    }

    [Fact]
    public async Task Body_above_the_threshold_goes_to_the_account_and_is_read_at_another_relay_after_the_first_is_killed()
    {
        await using var a = await StartAsync("a", _name!.Listen.Port);
        var (large, small) = (RandomNumberGenerator.GetBytes(300_000), RandomNumberGenerator.GetBytes(300));
        await (await a.PushAsync(large, cancellationToken: Stop)).Durable.WaitAsync(TestRelays.Patience, TimeProvider.System, Stop);
        await FailOver();
        await (await a.PushAsync(small, cancellationToken: Stop)).Durable.WaitAsync(TestRelays.Patience, TimeProvider.System, Stop);

        await using var b = await StartAsync("b", _nodes!.EndpointOf(1).Port);
        var read = new List<byte[]>();
        await foreach (var blob in b.ReceiveAsync(Stop))
        {
            read.Add(blob.Payload.ToArray());
            if (read.Count == 2) break;
        }

        Assert.Equal([large, small], read);
        Assert.Equal((1L, 1L), await PlacesAsync());
    }

    // The relay that the name leads to dies, and the name leads to the other one.
    private async Task FailOver()
    {
        await _nodes!.Relays[0].KillAsync();
        await _name!.MoveAsync(_name.Listen.ToString(), _nodes.EndpointOf(1).ToString());
    }

    // Devices of one group know each other by its secret alone: each may come by an address of its own.
    private async Task<SyncClient> StartAsync(string name, int port)
    {
        var device = Device.Init(Path.Combine(_root.FullName, name), name);
        _devices.Add(device);
        device.CreateGroup(_secret, [new RelayAddress("127.0.0.1", port, _nodes!.Fingerprint.Span)]);
        return await SyncClient.StartAsync(device, SyncOptions.Default with { Transport = TransportChoice.Tcp, BackoffMax = TimeSpan.FromSeconds(2) }, Stop);
    }

    private static async Task<ReceivedBlob> FirstAsync(SyncClient client)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        late.CancelAfter(TestRelays.Patience);
        await foreach (var blob in client.ReceiveAsync(late.Token)) return blob;
        throw new InvalidOperationException("Nothing came.");
    }

    // Bodies in the account, bodies in the database.
    private async Task<(long InAccount, long InDatabase)> PlacesAsync()
    {
        await using var connection = new NpgsqlConnection(_nodes!.Database + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand("SELECT count(body_name), count(body) FROM zerok_entries", connection);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        await reader.ReadAsync(Stop);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Does something once, when half of a content is sent; the sending waits for it.</summary>
    private sealed class AtHalf(Action act) : IProgress<ContentProgress>
    {
        private int _passed;

        public bool Passed => Volatile.Read(ref _passed) == 1;

        public void Report(ContentProgress value)
        {
            if (value.Phase == ContentPhase.Sending && value.Done > value.Total / 2 && value.Done < value.Total && Interlocked.Exchange(ref _passed, 1) == 0) act();
        }
    }
}
