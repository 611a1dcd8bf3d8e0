using System.Text;
using Xunit;
using ZeroK.Channel;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>The public door, over the in-memory transport and the real handshake.</summary>
public sealed class RealChannelTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-client-").FullName;
    private readonly MemoryNetwork _network = new();
    private readonly StaticIdentity _identity = StaticIdentity.Generate();
    private readonly FakeRelay _relay = new();

    public void Dispose()
    {
        _identity.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Two_devices_sync_through_the_handshake_and_keep_their_state_on_disk()
    {
        await using var listener = await _network.ListenAsync("relay", 0);
        var serving = FakeRelayServer.ServeAsync(listener, _identity, _relay);
        using var patience = Rig.Patience();
        var address = new RelayAddress("relay", 4840, _identity.Public.Fingerprint());
        var options = SyncOptions.Default with { Transports = [_network] };
        using var a = Device.Init(Path.Combine(_root, "a"), "a");
        using var b = Device.Init(Path.Combine(_root, "b"), "b");
        using (var secret = GroupSecret.Random()) a.CreateGroup(secret, [address]);
        using (var invite = a.CreateInvite()) b.JoinGroup(invite);

        var big = new byte[WireLimits.PayloadBytesMax];
        new Random(1).NextBytes(big);
        await using (var writer = await SyncClient.StartAsync(a, options))
        await using (var reader = await SyncClient.StartAsync(b, options))
        {
            await writer.PushAsync(Encoding.UTF8.GetBytes("hello"), "greeting");
            await writer.PushAsync(big);
            await writer.FlushAsync(patience.Token);
            var count = 0;
            await foreach (var blob in reader.ReceiveAsync(patience.Token))
            {
                if (count == 0) Assert.Equal(("greeting", "hello", a.Id), (blob.Label, Encoding.UTF8.GetString(blob.Payload.Span), blob.Sender));
                else Assert.True(blob.Payload.Span.SequenceEqual(big));
                await blob.AckAsync(patience.Token);
                if (++count == 2) break;
            }

            await reader.CaughtUpAsync(patience.Token);
            Assert.Equal(TransportKind.Memory, reader.Status.Transport);
        }

        Assert.Equal(a.ReadStatus().Vector, b.ReadStatus().Vector);
        Assert.Equal((new Cursor(2), 0L), (b.ReadStatus().Received, a.ReadStatus().PendingBlobs));
    }

    [Fact]
    public async Task Relay_with_another_identity_is_refused_with_an_explanation()
    {
        await using var listener = await _network.ListenAsync("relay", 0);
        var serving = FakeRelayServer.ServeAsync(listener, _identity, _relay);
        using var a = Device.Init(Path.Combine(_root, "a"), "a");
        using (var secret = GroupSecret.Random()) a.CreateGroup(secret, [new RelayAddress("relay", 4840, new byte[32])]);
        await using var client = await SyncClient.StartAsync(a, SyncOptions.Default with { Transports = [_network] });
        var refused = await Rig.EventAsync<Refused>(client);
        Assert.Contains("not the one whose fingerprint", refused.WhatToDo);
        Assert.Equal(SyncState.Refused, client.Status.State);
        Assert.Empty(_relay.Hellos);

        // It is not tried again by itself: only when the app asks.
        var since = client.Status.Since;
        client.TryAgain();
        await Rig.UntilAsync(() => client.Status.State == SyncState.Refused && client.Status.Since > since, "refused again");
        Assert.Empty(_relay.Hellos);
    }

    [Fact]
    public async Task Relay_with_another_identity_is_out_and_the_other_relays_go_on()
    {
        await using var wrong = await _network.ListenAsync("wrong", 0);
        await using var right = await _network.ListenAsync("right", 0);
        var serving = new[] { FakeRelayServer.ServeAsync(wrong, _identity, _relay), FakeRelayServer.ServeAsync(right, _identity, _relay) };
        using var a = Device.Init(Path.Combine(_root, "a"), "a");
        using (var secret = GroupSecret.Random()) a.CreateGroup(secret, [new RelayAddress("wrong", 4840, new byte[32]), new RelayAddress("right", 4840, _identity.Public.Fingerprint())]);
        await using var client = await SyncClient.StartAsync(a, SyncOptions.Default with { Transports = [_network] });
        await client.PushAsync(Encoding.UTF8.GetBytes("x"));
        using var patience = Rig.Patience();
        await client.FlushAsync(patience.Token);
        Assert.Single(_relay.Log);
        await Rig.UntilAsync(() => client.Status.Relays[1].State == SyncState.Live, "the right relay live");
        Assert.Equal([SyncState.Refused, SyncState.Live], client.Status.Relays.Select(r => r.State));
        Assert.Contains(client.Status.OpenProblems, p => p.StartsWith("wrong:4840", StringComparison.Ordinal) && p.Contains("fingerprint", StringComparison.Ordinal));
        Assert.Equal("right", client.Status.Relay!.Host);
    }
}
