using System.Text;
using Xunit;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Client.Tests;

/// <summary>One relay with several addresses, over the in-memory transport and the real handshake: any of them will do, and each connection is pinned.</summary>
public sealed class SeveralWaysTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-ways-").FullName;
    private readonly MemoryNetwork _network = new();
    private readonly StaticIdentity _identity = StaticIdentity.Generate(), _stranger = StaticIdentity.Generate();
    private readonly FakeRelay _relay = new(), _impostor = new();
    private readonly List<IListener> _listeners = [];
    private Device _device = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) await listener.DisposeAsync();
        _device.Dispose();
        _identity.Dispose();
        _stranger.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task First_address_dies_and_push_and_pull_go_on_at_the_second_and_back()
    {
        var first = await NodeAsync("one", _identity, _relay);
        await NodeAsync("two", _identity, _relay);
        await using var client = await StartAsync("one", "two");
        await PushedAsync(client, 1);
        Assert.Null(client.Status.Relays[0].ConnectedTo);

        await first.DisposeAsync();
        _relay.Cut();
        await PushedAsync(client, 2);
        var status = Assert.Single(client.Status.Relays);
        Assert.Equal(("two", 2, "one"), (status.ConnectedTo?.Host, status.Ways.Count, status.Address.Host));
        _relay.Append(Rig.Id(9), 1, ZeroK.Wire.BlobId.New(), new byte[] { 1 });
        await Rig.UntilAsync(() => client.Status.Undecryptable == 1, "what another device pushed");

        await NodeAsync("one", _identity, _relay);
        await _listeners[1].DisposeAsync();
        _relay.Cut();
        await PushedAsync(client, 3);
        Assert.Null(client.Status.Relays[0].ConnectedTo);
        Assert.Equal(1, _relay.Sessions);
    }

    [Fact]
    public async Task First_address_that_takes_connections_and_says_nothing_is_passed_over_at_the_next_try()
    {
        // A balancer without a node behind it: nobody accepts what it takes.
        _listeners.Add(await _network.ListenAsync("one", 0));
        await NodeAsync("two", _identity, _relay);
        await using var client = await StartAsync("one", "two");
        await PushedAsync(client, 1);
        Assert.Equal("two", client.Status.Relays[0].ConnectedTo?.Host);
        Assert.Single((await Rig.EventsSoFarAsync(client)).OfType<Disconnected>());
    }

    [Fact]
    public async Task Stranger_at_the_first_address_gets_nothing_and_the_second_is_used()
    {
        await NodeAsync("one", _stranger, _impostor);
        await NodeAsync("two", _identity, _relay);
        await using var client = await StartAsync("one", "two");
        await PushedAsync(client, 1);
        Assert.Empty(_impostor.Hellos);
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(client), e => e is Refused);
    }

    [Fact]
    public async Task Strangers_at_every_address_are_a_refusal_that_names_the_verb_that_mends_it()
    {
        await NodeAsync("one", _stranger, _impostor);
        await NodeAsync("two", _stranger, _impostor);
        await using var client = await StartAsync("one", "two");
        Assert.Contains("zerok group relays --set", (await Rig.EventAsync<Refused>(client)).WhatToDo, StringComparison.Ordinal);
        Assert.Empty(_impostor.Hellos);
    }

    [Fact]
    public async Task Every_connection_is_pinned_also_those_after_the_first_that_was_right()
    {
        var right = await NodeAsync("one", _identity, _relay);
        await using var client = await StartAsync("one");
        for (ulong i = 1; i <= 3; i++)
        {
            await PushedAsync(client, i);
            _relay.Cut();
        }

        await right.DisposeAsync();
        await NodeAsync("one", _stranger, _impostor);
        _relay.Cut();
        await Rig.UntilAsync(() => client.Status.State == SyncState.Refused, "the stranger refused");
        Assert.Contains("fingerprint", client.Status.LastError!, StringComparison.Ordinal);
        Assert.Empty(_impostor.Hellos);

        // And after being asked to try again, and after a pause.
        var since = client.Status.Since;
        client.TryAgain();
        await Rig.UntilAsync(() => client.Status.State == SyncState.Refused && client.Status.Since > since, "refused again");
        await client.SuspendAsync(TimeSpan.Zero);
        client.Resume();
        await Rig.UntilAsync(() => client.Status.State == SyncState.Refused, "refused after the pause");
        Assert.Empty(_impostor.Hellos);
    }

    private async Task<IListener> NodeAsync(string name, StaticIdentity identity, FakeRelay relay)
    {
        var listener = await _network.ListenAsync(name, 0);
        _listeners.Add(listener);
        _ = FakeRelayServer.ServeAsync(listener, identity, relay);
        return listener;
    }

    private static async Task PushedAsync(SyncClient client, ulong sequence)
    {
        using var patience = Rig.Patience();
        Assert.Equal(sequence, (await client.PushAsync(Encoding.UTF8.GetBytes("x"), cancellationToken: patience.Token)).Sequence);
        await client.FlushAsync(patience.Token);
    }

    private async Task<SyncClient> StartAsync(params string[] hosts)
    {
        _device = Device.Init(Path.Combine(_root, "a"), "a");
        using (var secret = GroupSecret.Random()) _device.CreateGroup(secret, [.. hosts.Select(h => new RelayAddress(h, 4840, _identity.Public.Fingerprint()))]);
        return await SyncClient.StartAsync(_device, SyncOptions.Default with { Transports = [_network], ConnectTimeout = TimeSpan.FromSeconds(2), BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(20) });
    }
}
