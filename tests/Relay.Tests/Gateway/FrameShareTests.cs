using Xunit;
using ZeroK.Channel;
using ZeroK.Gateway;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>What begun frames of one address may hold of what all may.</summary>
public sealed class FrameShareTests
{
    private const long Share = 1_000;
    private readonly FrameBudget _all = new(new InFlightBudget(10_000, new MemoryWatch(100, TimeProvider.System)), 4_000);
    private readonly FrameShares _shares;

    public FrameShareTests() => _shares = new FrameShares(_all, Share);

    [Fact]
    public void One_address_fills_its_share_and_the_others_have_theirs()
    {
        using var one = _shares.Of("192.0.2.1");
        using var again = _shares.Of("192.0.2.1");
        using var other = _shares.Of("192.0.2.2");
        Assert.True(one.Budget.TryTake(900));
        Assert.False(again.Budget.TryTake(200));
        Assert.True(other.Budget.TryTake(200));
        Assert.Equal(1_100, _all.Bytes);
        one.Budget.Give(900);
        Assert.True(again.Budget.TryTake(900));
    }

    // A host has a whole IPv6 /64.
    [Fact]
    public void Addresses_of_one_host_are_one()
    {
        using var one = _shares.Of("2001:db8::1");
        using var again = _shares.Of("2001:db8::2");
        Assert.True(one.Budget.TryTake(900));
        Assert.False(again.Budget.TryTake(200));
    }

    [Fact]
    public void A_single_frame_fits_into_an_empty_share_however_large_it_is()
    {
        using var one = _shares.Of("192.0.2.1");
        Assert.True(one.Budget.TryTake(3_000));
        Assert.False(one.Budget.TryTake(1));

        // Small ones are counted and never refused.
        one.Budget.Take(5);
        Assert.Equal(3_005, _all.Bytes);
    }

    [Fact]
    public async Task Who_waits_for_its_share_is_woken_when_its_own_address_gives_back()
    {
        using var one = _shares.Of("192.0.2.1");
        using var other = _shares.Of("192.0.2.2");
        Assert.True(one.Budget.TryTake(1_000));
        Assert.True(other.Budget.TryTake(1_000));
        var waiting = one.Budget.TakeAsync(500, TestContext.Current.CancellationToken).AsTask();
        other.Budget.Give(1_000);
        Assert.False(waiting.IsCompleted);
        one.Budget.Give(1_000);
        await waiting.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(500, _all.Bytes);
    }

    [Fact]
    public void An_address_without_connections_is_forgotten()
    {
        var (one, again) = (_shares.Of("192.0.2.1"), _shares.Of("192.0.2.1"));
        one.Dispose();
        one.Dispose();
        Assert.Equal(1, _shares.Addresses);
        again.Dispose();
        Assert.Equal(0, _shares.Addresses);
    }

    [Theory]
    [InlineData(256L * 1024 * 1024, 32L * 1024 * 1024)]
    [InlineData(16L * 1024 * 1024, 8L * 1024 * 1024)]
    [InlineData(32L * 1024 * 1024, 8L * 1024 * 1024)]
    public void A_share_is_an_eighth_of_all_and_has_room_for_a_largest_frame(long all, long share) => Assert.Equal(share, FrameShares.BytesOf(all));
}
