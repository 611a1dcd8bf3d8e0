using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Gateway;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>Who may write how much: a stranger who makes groups takes nothing from a group beside him.</summary>
public sealed class WriteShareTests
{
    private const int MiB = 1024 * 1024;
    private static readonly GatewayOptions Options = new() { WriteBytesPerGroupPerSecond = 100_000, WriteBytesPerAddressPerSecond = MiB };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Address_writes_what_it_has_at_once_and_then_what_a_second_gives_it_however_many_groups_it_makes()
    {
        var share = new WriteShare(Options, _time);
        Assert.InRange(BytesOf(share, "192.0.2.1", groups: 1000), 4 * MiB, 5 * MiB);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(BytesOf(share, "192.0.2.1", groups: 1000), 1, 3 * MiB);
    }

    [Fact]
    public void Group_keeps_its_own_share_while_another_at_its_address_writes_all_it_can()
    {
        var share = new WriteShare(Options, _time);
        var group = Guid.NewGuid();
        Assert.True(Take(share, "192.0.2.1", group, 1000));
        for (var second = 0; second < 30; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            BytesOf(share, "192.0.2.1", groups: 20);
            Assert.True(Take(share, "192.0.2.1", group, 90_000));
        }
    }

    [Fact]
    public void Group_that_is_new_has_gathered_nothing_and_costs_its_address_more()
    {
        var share = new WriteShare(Options, _time);
        var written = 0;
        while (Take(share, "192.0.2.1", Guid.NewGuid(), 1)) written++;
        Assert.InRange(written, 4 * MiB / WriteShare.NewGroupBytes - 1, 4 * MiB / WriteShare.NewGroupBytes);
    }

    [Fact]
    public void Other_address_is_not_held_back_and_a_network_has_five_times_as_much()
    {
        var share = new WriteShare(Options, _time);
        var all = Enumerable.Range(1, 20).Sum(i => (long)BytesOf(share, $"192.0.2.{i}", groups: 100));
        Assert.InRange(all, 15L * MiB, 22L * MiB);
        Assert.True(Take(share, "198.51.100.1", Guid.NewGuid(), MiB));
    }

    [Fact]
    public void Refusal_names_a_time_after_which_the_same_push_goes()
    {
        var share = new WriteShare(Options, _time);
        var group = Guid.NewGuid();
        uint retryAfterMs;
        while (share.TryTake(AddressKey.NetworksOf("192.0.2.1"), group, 4 * MiB, out retryAfterMs)) { }
        Assert.InRange(retryAfterMs, 100u, 60_000u);
        _time.Advance(TimeSpan.FromMilliseconds(retryAfterMs));
        Assert.True(share.TryTake(AddressKey.NetworksOf("192.0.2.1"), group, 4 * MiB, out retryAfterMs));
        Assert.Equal(0u, retryAfterMs);
    }

    [Fact]
    public void Group_that_gathered_all_it_can_pushes_more_than_that_and_owes_the_rest()
    {
        var share = new WriteShare(Options, _time);
        var group = Guid.NewGuid();
        Assert.True(Take(share, "192.0.2.1", group, 1));
        _time.Advance(TimeSpan.FromSeconds(10));
        BytesOf(share, "192.0.2.1", groups: 20);
        Assert.True(Take(share, "192.0.2.1", group, 4 * MiB));
        Assert.False(Take(share, "192.0.2.1", group, 1));
        _time.Advance(TimeSpan.FromSeconds(20));
        BytesOf(share, "192.0.2.1", groups: 40);
        Assert.False(Take(share, "192.0.2.1", group, 1));
    }

    [Fact]
    public async Task Push_beyond_the_share_is_refused_with_a_time_and_nothing_of_it_reaches_the_group()
    {
        await using var rig = await GatewayRig.StartAsync(new() { WriteBytesPerAddressPerSecond = 4096, WriteBytesPerGroupPerSecond = 1024 });
        var channel = await rig.JoinAsync();
        channel.FromClient(1, GatewayRig.PushOf((1, 100_000)));
        Assert.IsType<PushAck>((await channel.NextAsync()).Message);
        channel.FromClient(2, GatewayRig.PushOf((2, 100_000)));
        var refused = Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message);
        Assert.Equal((ErrorCode.RateLimited, Refusals.TooManyBytes), (refused.Code, refused.Text));
        Assert.InRange(refused.RetryAfterMs, 100u, 60_000u);
        Assert.Single(rig.Group.Pushes);
        Assert.Equal(0, rig.Context.Budget.Bytes);
    }

    private static bool Take(WriteShare share, string address, Guid group, long bytes) => share.TryTake(AddressKey.NetworksOf(address), group, bytes, out _);

    // Each group writes blobs of 1 MiB until it is refused.
    private static int BytesOf(WriteShare share, string address, int groups)
    {
        var bytes = 0;
        for (var i = 0; i < groups; i++)
        {
            var group = Guid.NewGuid();
            while (Take(share, address, group, MiB)) bytes += MiB;
        }

        return bytes;
    }
}
