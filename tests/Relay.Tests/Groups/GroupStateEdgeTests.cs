using Xunit;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>The edges of a group's rules: what one more or one less would change.</summary>
public sealed class GroupStateEdgeTests
{
    private readonly StateDriver _group = new();

    public GroupStateEdgeTests()
    {
        _group.Join(1);
        _group.Join(2);
    }

    [Fact]
    public void Older_acknowledgement_sets_no_device_back_while_others_still_need_the_blobs()
    {
        _group.Join(3);
        _group.Push(1, StateDriver.Item(1), StateDriver.Item(2), StateDriver.Item(3));
        _group.Ack(2, 2);
        Assert.Equal(ErrorCode.None, _group.Ack(2, 1));
        Assert.Equal(1UL, _group.State.HistoryStart.Value);
        Assert.Equal(2UL, _group.Join(2).Acked.Value);
    }

    [Fact]
    public void What_is_not_durable_yet_can_not_be_acknowledged()
    {
        _group.State.Push(StateDriver.Device(1), [StateDriver.Item(1)], _group.NowMs);
        Assert.Equal(ErrorCode.InvalidMessage, _group.Ack(2, 1));
        _group.Commit();
        Assert.Equal(ErrorCode.None, _group.Ack(2, 1));
    }

    [Fact]
    public void A_blob_lives_to_the_last_millisecond_of_its_time()
    {
        _group.Push(1, StateDriver.Item(1));
        var end = _group.NowMs + (ulong)_group.Options.TimeToLive.TotalMilliseconds;
        Assert.Equal(0, _group.State.Expire(end, 10));
        Assert.Equal(1, _group.State.Expire(end + 1, 10));
    }

    [Fact]
    public void What_is_deleted_before_it_is_durable_keeps_its_cursor_until_it_is()
    {
        var item = StateDriver.Item(1);
        _group.State.Push(StateDriver.Device(1), [item], _group.NowMs);
        Assert.Equal(ErrorCode.None, _group.State.Delete(StateDriver.Device(1), [new BlobId(item.Id)]));
        Assert.Equal((0UL, 1UL), (_group.State.Head.Value, _group.State.HistoryStart.Value));
        _group.Commit();
        Assert.Equal((1UL, 2UL), (_group.State.Head.Value, _group.State.HistoryStart.Value));
    }

    [Fact]
    public void A_page_is_no_larger_than_the_relay_allows_whatever_is_asked_for()
    {
        var group = new StateDriver(o => o.PullBytesMax = 1 << 20);
        group.Join(1);
        group.Join(2);
        group.Push(1, StateDriver.Item(1, 600_000), StateDriver.Item(2, 600_000));
        Assert.Equal([1UL], group.Pull(2, maxBytes: uint.MaxValue).Entries.Select(e => e.Cursor.Value));
    }
}
