using Xunit;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Client.Tests;

/// <summary>The relay's identity is pinned at every connection, not only at the first.</summary>
public sealed class PinTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-client-").FullName;
    private readonly MemoryNetwork _network = new();
    private readonly StaticIdentity _identity = StaticIdentity.Generate();
    private readonly StaticIdentity _stranger = StaticIdentity.Generate();

    public void Dispose()
    {
        _identity.Dispose();
        _stranger.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Relay_that_comes_back_with_another_identity_is_refused_after_a_session_that_stood()
    {
        var (relay, impostor) = (new FakeRelay(), new FakeRelay());
        using var device = Device.Init(Path.Combine(_root, "a"), "a");
        using (var secret = GroupSecret.Random()) device.CreateGroup(secret, [new RelayAddress("relay", 4840, _identity.Public.Fingerprint())]);
        SyncClient? client = null;
        await using (var listener = await _network.ListenAsync("relay", 0))
        {
            _ = FakeRelayServer.ServeAsync(listener, _identity, relay);
            client = await SyncClient.StartAsync(device, SyncOptions.Default with { Transports = [_network] });
            await Rig.UntilAsync(() => client.Status.State == SyncState.Live, "the first session");
        }

        await using (client)
        await using (var listener = await _network.ListenAsync("relay", 0))
        {
            _ = FakeRelayServer.ServeAsync(listener, _stranger, impostor);
            relay.Cut();
            await Rig.UntilAsync(() => client.Status.State != SyncState.Live, "the end of the first session");
            client.TryAgain();
            await Rig.UntilAsync(() => client.Status.State == SyncState.Refused, "the refusal");
        }

        Assert.Single(relay.Hellos);
        Assert.Empty(impostor.Hellos);
    }
}
