using Xunit;
using ZeroK.Client.Outbox;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>What one session asks and tells, and what the outbox counts of one relay.</summary>
public sealed class PullPlanTests
{
    private const int KiB = 1024;

    [Fact]
    public void Only_what_the_relay_does_not_know_is_acknowledged_and_once()
    {
        var plan = new PullPlan(new Cursor(5));
        Assert.Null(plan.Ack(new Cursor(4)));
        Assert.Null(plan.Ack(new Cursor(5)));
        Assert.Equal(new Cursor(6), plan.Ack(new Cursor(6)));
        plan.AckSent(new Cursor(6));
        Assert.Null(plan.Ack(new Cursor(6)));
        Assert.Equal(new Cursor(7), plan.Ack(new Cursor(7)));
    }

    [Fact]
    public void Standing_is_told_when_it_changes()
    {
        var plan = new PullPlan(Cursor.Zero);
        Assert.Null(plan.Standing(isBehind: true));
        Assert.IsType<SessionInput.CaughtUp>(plan.Standing(isBehind: false));
        Assert.Null(plan.Standing(isBehind: false));
        Assert.IsType<SessionInput.Behind>(plan.Standing(isBehind: true));
        Assert.Null(plan.Standing(isBehind: true));
    }

    [Theory]
    [InlineData(0, 1024, 4096, 1024u)]
    [InlineData(0, 1024, 256, 256u)]
    [InlineData(1000, 1024, 256, 64u)]
    [InlineData(512, 1024, 4096, 512u)]
    [InlineData(1024, 1024, 256, null)]
    [InlineData(9999, 1024, 256, null)]
    public void Nothing_is_asked_for_while_enough_waits_for_the_app(long waitingKiB, int prefetchKiB, int pageKiB, uint? askedKiB) =>
        Assert.Equal(askedKiB * KiB, PullPlan.Room(waitingKiB * KiB, prefetchKiB * KiB, (uint)pageKiB * KiB));

    [Theory]
    [InlineData(true, 4, 5, true)]
    [InlineData(true, 5, 5, false)]
    [InlineData(false, 4, 5, false)]
    public void A_relay_is_behind_if_it_is_read_and_its_head_is_further(bool isRead, ulong fetched, ulong head, bool isBehind) =>
        Assert.Equal(isBehind, PullPlan.IsBehind(isRead, new Cursor(fetched), new Cursor(head)));

    [Fact]
    public void A_blob_that_a_relay_acknowledges_twice_is_counted_once()
    {
        var lane = new OutboxLane(new RelayAddress("relay", 4840, new byte[32])) { State = new LaneState(4, 2, 30, false) };
        var entry = new OutboxEntry(5, new BlobId(new byte[BlobId.Size]), new byte[10]);
        lane.Took(entry);
        lane.Took(entry);
        Assert.Equal(new LaneState(5, 1, 20, false), lane.State);
    }
}
