using System.Net.Quic;
using Xunit;
using ZeroK.Client;
using ZeroK.Transport;

namespace ZeroK.Cluster.Tests;

/// <summary>A device whose group is at another relay than the one in its list, with relays as processes and the client library: it ends up where the group is, if that can be reached.</summary>
public sealed class HintTests(HintedRelays shared) : IClassFixture<HintedRelays>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TransportChoice.Tcp)]
    [InlineData(TransportChoice.Quic)]
    public async Task Device_ends_up_where_its_group_is_and_comes_back_to_its_own_relay_when_that_one_is_killed(TransportChoice transport)
    {
        SkipWithoutQuic(transport);
        var nodes = await shared.GetAsync();
        await using var devices = new ListedDevices(nodes);
        var here = await devices.StartAsync(HintedRelays.Reachable, transport);
        var there = await devices.StartAsync(HintedRelays.Unnamed, transport);
        Assert.Null(here.Status.Relays[0].ConnectedTo);
        Assert.Equal(nodes.EndpointOf(HintedRelays.Reachable), there.Status.Relays[0].ConnectedTo);
        Assert.Equal([typeof(Connected)], (await ListedDevices.EventsSoFarAsync(there)).Select(e => e.GetType()));
        await ListedDevices.PushAsync(here, "1", "2");
        await ListedDevices.PushAsync(there, "3", "4");
        Assert.Equal(["1", "2"], await ListedDevices.TakeAsync(there, 2));
        Assert.Equal(["3", "4"], await ListedDevices.TakeAsync(here, 2));

        await nodes.Relays[HintedRelays.Reachable].KillAsync();
        try
        {
            await ListedDevices.PushAsync(there, "5", "6");
            Assert.Null(there.Status.Relays[0].ConnectedTo);
        }
        finally
        {
            await nodes.Relays[HintedRelays.Reachable].StartAsync(Stop);
        }

        // The group is at the other relay now; this device gets no hint, since that one has no address of its own.
        Assert.Equal(["5", "6"], await ListedDevices.TakeAsync(here, 2));
        Assert.Null(here.Status.Relays[0].ConnectedTo);
        await ListedDevices.PushAsync(here, "7");
        Assert.Equal(["7"], await ListedDevices.TakeAsync(there, 1));
        Assert.Equal(here.Status.Vector, there.Status.Vector);
    }

    [Theory]
    [InlineData(HintedRelays.Unnamed, HintedRelays.Reachable, TransportChoice.Tcp)]
    [InlineData(HintedRelays.Unreachable, HintedRelays.Unnamed, TransportChoice.Tcp)]
    [InlineData(HintedRelays.Unreachable, HintedRelays.Unnamed, TransportChoice.Auto)]
    public async Task Device_stays_at_its_own_relay_where_the_group_s_cannot_be_reached(int groupAt, int deviceAt, TransportChoice transport)
    {
        SkipWithoutQuic(transport);
        var nodes = await shared.GetAsync();
        await using var devices = new ListedDevices(nodes);
        var there = await devices.StartAsync(groupAt, transport);
        var here = await devices.StartAsync(deviceAt, transport);
        Assert.Null(here.Status.Relays[0].ConnectedTo);
        Assert.Null(here.Status.LastError);
        Assert.Equal([typeof(Connected)], (await ListedDevices.EventsSoFarAsync(here)).Select(e => e.GetType()));
        await ListedDevices.PushAsync(here, "1");
        await ListedDevices.PushAsync(there, "2");
        Assert.Equal(["1"], await ListedDevices.TakeAsync(there, 1));
        Assert.Equal(["2"], await ListedDevices.TakeAsync(here, 1));
    }

    [Theory]
    [InlineData(TransportChoice.Tcp)]
    [InlineData(TransportChoice.Auto)]
    public async Task Device_that_knows_two_addresses_of_the_cluster_goes_on_at_the_other_when_either_relay_is_killed(TransportChoice transport)
    {
        SkipWithoutQuic(transport);
        var nodes = await shared.GetAsync();
        await using var devices = new ListedDevices(nodes);
        int[] both = [HintedRelays.Unnamed, HintedRelays.Unreachable];
        var (a, b) = (await devices.StartAsync(both, transport), await devices.StartAsync(both, transport));
        Assert.Equal(2, Assert.Single(a.Status.Relays).Ways.Count);
        await ListedDevices.PushAsync(a, "0");
        Assert.Equal(["0"], await ListedDevices.TakeAsync(b, 1));
        foreach (var (killed, i) in both.Select((r, i) => (r, i)))
        {
            await nodes.Relays[killed].KillAsync();
            try
            {
                await ListedDevices.PushAsync(a, $"{i}a", $"{i}b");
                Assert.Equal([$"{i}a", $"{i}b"], await ListedDevices.TakeAsync(b, 2));
                await ListedDevices.UntilAsync(() => a.Status.State == SyncState.Live && b.Status.State == SyncState.Live);
                Assert.Equal(killed == both[0] ? nodes.EndpointOf(both[1]) : null, a.Status.Relays[0].ConnectedTo);
            }
            finally
            {
                await nodes.Relays[killed].StartAsync(Stop);
            }
        }

        Assert.Equal(a.Status.Vector, b.Status.Vector);
        Assert.Empty(a.Status.OpenProblems);
    }

    private static void SkipWithoutQuic(TransportChoice transport)
    {
        if (transport != TransportChoice.Tcp && !QuicListener.IsSupported) Assert.Skip("skipped: there is no QUIC here: libmsquic is missing");
    }
}
