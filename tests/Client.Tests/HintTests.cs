using System.Globalization;
using System.Text;
using Xunit;
using ZeroK.Channel;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A relay that says where a session is better, over the in-memory transport and the real handshake: the client goes there, or stays, and its app sees one session.</summary>
public sealed class HintTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-hint-").FullName;
    private readonly MemoryNetwork _network = new();
    private readonly StaticIdentity _identity = StaticIdentity.Generate(), _stranger = StaticIdentity.Generate();
    private readonly FakeRelay _relay = new() { Hint = "node:4850" };
    private IListener _listed = null!;

    public async ValueTask InitializeAsync()
    {
        _listed = await _network.ListenAsync("relay", 0);
        _ = FakeRelayServer.ServeAsync(_listed, _identity, _relay);
    }

    public async ValueTask DisposeAsync()
    {
        await _listed.DisposeAsync();
        _identity.Dispose();
        _stranger.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Session_moves_to_the_hinted_address_and_leaves_the_listed_one_and_the_app_sees_one_session()
    {
        await using var node = await NodeAsync(_identity, _relay);
        await using var client = await StartAsync(waitingBlobs: 300);
        await LiveAsync(client);
        Assert.Equal(new RelayEndpoint("node", 4850), client.Status.Relays[0].ConnectedTo);
        await Rig.UntilAsync(() => _relay.Sessions == 1, "the first session left");
        await AssertQuietAsync(client);
        Assert.Equal(2, _relay.Hellos.Count);
        Assert.Equal([true, false], _relay.Hellos.Select(h => h.CreateGroup));
        await AssertAllThereOnceAsync(client, 300);
    }

    [Fact]
    public async Task Hint_of_a_hinted_address_is_not_followed()
    {
        var (second, third) = (new FakeRelay { Hint = "third:4840" }, new FakeRelay());
        await using var node = await NodeAsync(_identity, second);
        await using var far = await _network.ListenAsync("third", 4840);
        _ = FakeRelayServer.ServeAsync(far, _identity, third);
        await using var client = await StartAsync();
        await LiveAsync(client);
        Assert.Equal("node", client.Status.Relays[0].ConnectedTo?.Host);
        Assert.Single(second.Hellos);
        Assert.Empty(third.Hellos);
    }

    [Fact]
    public async Task Nobody_at_the_hinted_address_and_the_session_stays() => await AssertStaysAsync();

    [Fact]
    public async Task Another_identity_at_the_hinted_address_and_the_session_stays()
    {
        var impostor = new FakeRelay();
        await using var node = await NodeAsync(_stranger, impostor);
        await AssertStaysAsync();
        Assert.Empty(impostor.Hellos);
    }

    [Fact]
    public async Task Refused_at_the_hinted_address_and_the_session_stays()
    {
        var full = new FakeRelay { RefuseHello = ErrorCode.RelayOverloaded };
        await using var node = await NodeAsync(_identity, full);
        await AssertStaysAsync();
        Assert.Single(full.Hellos);
    }

    [Fact]
    public async Task Another_log_at_the_hinted_address_and_the_session_stays()
    {
        var other = new FakeRelay { LogId = new byte[16] };
        await using var node = await NodeAsync(_identity, other);
        await AssertStaysAsync();
        Assert.Empty(other.Log);
    }

    [Fact]
    public async Task Silence_at_the_hinted_address_and_the_session_stays_before_long()
    {
        // It takes connections, and says nothing.
        await using var node = await _network.ListenAsync("node", 4850);
        await AssertStaysAsync();
    }

    [Fact]
    public async Task Hello_without_an_answer_at_the_hinted_address_and_the_session_stays_before_long()
    {
        var silent = new FakeRelay { IgnoresHello = true };
        await using var node = await NodeAsync(_identity, silent);
        await AssertStaysAsync();
        Assert.Single(silent.Hellos);
    }

    [Theory]
    [InlineData("no host: no port")]
    [InlineData("node:99999")]
    [InlineData("RELAY:4840")]
    public async Task Hint_that_is_no_other_address_is_ignored(string hint)
    {
        _relay.Hint = hint;
        await AssertStaysAsync();
    }

    [Fact]
    public async Task Hints_are_not_followed_where_they_are_not_wanted()
    {
        await using var node = await NodeAsync(_identity, _relay);
        await using var client = await StartAsync(options: o => o with { FollowHints = false });
        await LiveAsync(client);
        Assert.Null(client.Status.Relays[0].ConnectedTo);
        Assert.Single(_relay.Hellos);
    }

    [Fact]
    public async Task Session_whose_node_dies_begins_again_at_the_listed_address()
    {
        var node = await NodeAsync(_identity, _relay);
        await using var client = await StartAsync(waitingBlobs: 20);
        await LiveAsync(client);
        await Rig.UntilAsync(() => _relay.Sessions == 1, "the first session left");
        Assert.NotNull(client.Status.Relays[0].ConnectedTo);

        await node.DisposeAsync();
        _relay.Cut();
        await Rig.UntilAsync(() => client.Status.Relays[0] is { State: SyncState.Live, ConnectedTo: null }, "live at the listed address");

        // The node is there again, but its session broke soon: not at once.
        await using var again = await NodeAsync(_identity, _relay);
        _relay.Cut();
        await Rig.UntilAsync(() => _relay.Hellos.Count == 4 && client.Status.State == SyncState.Live, "live again");
        Assert.Null(client.Status.Relays[0].ConnectedTo);
        await AssertAllThereOnceAsync(client, 20);
    }

    private async Task AssertStaysAsync()
    {
        await using var client = await StartAsync(waitingBlobs: 20);
        await LiveAsync(client);
        Assert.Null(client.Status.Relays[0].ConnectedTo);
        await AssertQuietAsync(client);
        await AssertAllThereOnceAsync(client, 20);
        Assert.Single(_relay.Hellos);
    }

    // Nothing in the events, the status or the counts that an app would take for a failure.
    private static async Task AssertQuietAsync(SyncClient client)
    {
        Assert.Equal([typeof(Connected)], (await Rig.EventsSoFarAsync(client)).Select(e => e.GetType()));
        Assert.Null(client.Status.LastError);
        Assert.False(client.Status.Relays[0].HasFailed);
    }

    private async Task AssertAllThereOnceAsync(SyncClient client, int blobs)
    {
        using var patience = Rig.Patience();
        await client.FlushAsync(patience.Token);
        Assert.Equal(Enumerable.Range(1, blobs).Select(i => (ulong)i), _relay.Log.Select(b => b.Sequence));
    }

    private static Task LiveAsync(SyncClient client) => Rig.UntilAsync(() => client.Status.State == SyncState.Live, "live");

    private async Task<IListener> NodeAsync(StaticIdentity identity, FakeRelay relay)
    {
        var listener = await _network.ListenAsync("node", 4850);
        _ = FakeRelayServer.ServeAsync(listener, identity, relay);
        return listener;
    }

    // What it has to push waits when the session begins.
    private async Task<SyncClient> StartAsync(int waitingBlobs = 0, Func<SyncOptions, SyncOptions>? options = null)
    {
        var device = Device.Init(Path.Combine(_root, "a"), "a");
        using (var secret = GroupSecret.Random()) device.CreateGroup(secret, [new RelayAddress("relay", 4840, _identity.Public.Fingerprint())]);
        var chosen = SyncOptions.Default with { Transports = [_network], StartSuspended = true, ConnectTimeout = TimeSpan.FromSeconds(2), BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(20) };
        var client = await SyncClient.StartAsync(device, options is null ? chosen : options(chosen));
        for (var i = 0; i < waitingBlobs; i++) await client.PushAsync(Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)));
        client.Resume();
        return client;
    }
}
