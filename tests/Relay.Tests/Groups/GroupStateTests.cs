using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>The rules of a group, one fact each.</summary>
public sealed class GroupStateTests
{
    private readonly StateDriver _group = new();

    public GroupStateTests()
    {
        _group.Join(1);
        _group.Join(2);
    }

    [Fact]
    public void Cursor_is_not_readable_before_it_is_committed()
    {
        _group.State.Push(StateDriver.Device(1), [StateDriver.Item(1)], _group.NowMs);
        Assert.Equal(Cursor.Zero, _group.State.Head);
        Assert.Empty(_group.Pull(2).Entries);
        _group.Commit();
        Assert.Equal([(1UL, BlobState.Present)], _group.Page(2));
    }

    [Fact]
    public void Readers_see_commits_in_order_though_two_are_in_flight()
    {
        _group.State.Push(StateDriver.Device(1), [StateDriver.Item(1)], _group.NowMs);
        var first = _group.State.TakeCommit()!;
        _group.State.Push(StateDriver.Device(2), [StateDriver.Item(1)], _group.NowMs);
        var second = _group.State.TakeCommit()!;
        Assert.Equal((0UL, 1UL), (first.ExpectedLastCursor.Value, second.ExpectedLastCursor.Value));
        _group.State.Committed(first);
        Assert.Equal(1UL, _group.Pull(2).Through.Value);
        _group.State.Committed(second);
        Assert.Equal(2UL, _group.Pull(2).Through.Value);
    }

    [Fact]
    public void Last_sequence_survives_a_lost_commit_that_brought_no_cursor()
    {
        _group.Push(1, StateDriver.Item(1));
        _group.Join(1);
        _group.Push(1, StateDriver.Item(2));
        _group.Ack(2, 2);
        Assert.NotNull(_group.State.TakeCommit());
        _group.Push(2, StateDriver.Item(1));
        _group.Restart();
        Assert.Equal(ErrorCode.None, _group.Push(1, StateDriver.Item(3)).Results[0].Code);
    }

    [Fact]
    public void Own_push_does_not_move_the_read_cursor_past_unread_blobs_of_others()
    {
        _group.Push(1, StateDriver.Item(1));
        _group.Push(2, StateDriver.Item(1));
        _group.Push(1, StateDriver.Item(2));
        Assert.Equal(Cursor.Zero, _group.Join(2).Acked);
        Assert.Equal([(1UL, BlobState.Present), (2UL, BlobState.Own), (3UL, BlobState.Present)], _group.Page(2));
    }

    [Fact]
    public void Page_tells_that_more_is_there_and_the_next_one_goes_on_from_its_end()
    {
        for (ulong s = 1; s <= 5; s++) _group.Push(1, StateDriver.Item(s));
        var page = _group.Pull(2, maxBlobs: 2);
        Assert.Equal((1UL, 2UL, 5UL), (page.Start.Value, page.Through.Value, page.Head.Value));
        page = _group.Pull(2, after: 2, maxBlobs: 100);
        Assert.Equal((3UL, 5UL, 5UL), (page.Start.Value, page.Through.Value, page.Head.Value));
        page = _group.Pull(2, after: 5);
        Assert.Equal((6UL, 5UL, 0), (page.Start.Value, page.Through.Value, page.Entries.Count));
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1u, 1u)]
    [InlineData(100u, 99u)]
    public void Page_larger_than_the_receivers_limit_does_not_wedge_the_group(uint maxBlobs, uint maxBytes)
    {
        _group.Push(1, StateDriver.Item(1, 1_000_000));
        _group.Push(1, StateDriver.Item(2, 1_000_000));
        Assert.Equal(1UL, _group.Pull(2, 0, maxBlobs, maxBytes).Through.Value);
        Assert.Equal(2UL, _group.Pull(2, 1, maxBlobs, maxBytes).Through.Value);
    }

    [Fact]
    public void Highest_cursor_does_not_go_back_after_expiry_and_restart()
    {
        _group.Push(1, StateDriver.Item(1), StateDriver.Item(2));
        _group.NowMs += (ulong)_group.Options.TimeToLive.TotalMilliseconds + 1;
        Assert.Equal(2, _group.State.Expire(_group.NowMs, 100));
        _group.Commit();
        _group.Restart();
        Assert.Equal((2UL, 3UL, 0L), (_group.State.Head.Value, _group.State.HistoryStart.Value, _group.State.UsedBytes));
        Assert.Equal(2UL, _group.Join(1).LastSequence);
        Assert.Equal(3UL, _group.Push(1, StateDriver.Item(3)).Results.Single().Cursor);
        var page = _group.Pull(2);
        Assert.Equal((3UL, 3UL, 2UL), (page.Start.Value, page.Through.Value, page.ExpiredThrough.Value));
    }

    [Fact]
    public void Retried_push_gets_its_first_acknowledgement_and_no_second_copy()
    {
        var item = StateDriver.Item(1);
        var first = _group.Push(1, item);
        _group.NowMs += 5000;
        var again = _group.Push(1, item);
        Assert.Equal([first.Results[0] with { IsRepeat = true }], again.Results);
        Assert.Equal(0, again.Appended);
        _group.Restart();
        Assert.Equal([first.Results[0] with { IsRepeat = true }], _group.Push(1, item).Results);
        Assert.Equal(1UL, _group.State.LastCursor.Value);
    }

    [Fact]
    public void Retried_push_of_a_forgotten_blob_is_accepted_without_a_cursor()
    {
        var item = StateDriver.Item(1);
        _group.Push(1, item);
        Assert.Equal(ErrorCode.None, _group.Ack(2, 1));
        _group.Commit();
        _group.Restart();
        Assert.Equal((ErrorCode.None, 0UL), (_group.Push(1, item).Results[0].Code, _group.Push(1, item).Results[0].Cursor));
        Assert.Equal(ErrorCode.SequenceConflict, _group.Push(1, StateDriver.Item(1)).Results[0].Code);
    }

    // The device was acknowledged elsewhere, or before this relay lost its data: what it never had it must not claim to have.
    [Fact]
    public void Sequence_below_the_first_that_the_relay_got_is_refused_and_never_acknowledged()
    {
        var seventh = StateDriver.Item(7);
        _group.Push(1, seventh);
        AssertEarlierRefused();
        _group.Restart();
        AssertEarlierRefused();
        _group.Ack(2, 1);
        _group.Commit();
        _group.Restart();
        Assert.Equal(2UL, _group.State.HistoryStart.Value);
        AssertEarlierRefused();
        Assert.Equal(ErrorCode.None, _group.Push(1, seventh).Results[0].Code);
        Assert.Equal(2UL, _group.Push(1, StateDriver.Item(8)).Results[0].Cursor);

        void AssertEarlierRefused()
        {
            foreach (ulong earlier in (ulong[])[1, 5, 6]) Assert.Equal(ErrorCode.OutOfOrder, _group.Push(1, StateDriver.Item(earlier)).Results[0].Code);
            Assert.Equal(1UL, _group.State.LastCursor.Value);
        }
    }

    [Fact]
    public void Sequences_go_one_by_one_and_a_refusal_ends_the_batch()
    {
        var results = _group.Push(1, StateDriver.Item(7), StateDriver.Item(8), StateDriver.Item(10), StateDriver.Item(9)).Results;
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.OutOfOrder, ErrorCode.OutOfOrder], results.Select(r => r.Code));
        Assert.Equal(ErrorCode.SequenceConflict, _group.Push(1, StateDriver.Item(8)).Results[0].Code);
        Assert.Equal(ErrorCode.InvalidMessage, _group.Push(1, StateDriver.Item(0)).Results[0].Code);
        Assert.Equal(ErrorCode.InvalidMessage, _group.Push(2, StateDriver.Item(ulong.MaxValue)).Results[0].Code);
        Assert.Equal(ErrorCode.InvalidMessage, _group.Push(2, StateDriver.Item(1UL << 63)).Results[0].Code);
        Assert.Equal(3UL, _group.Push(1, StateDriver.Item(9)).Results[0].Cursor);
    }

    [Fact]
    public void Blob_id_of_another_device_is_not_taken()
    {
        var item = StateDriver.Item(1);
        _group.Push(1, item);
        Assert.Equal(ErrorCode.InvalidMessage, _group.Push(2, item).Results[0].Code);
        Assert.Equal(ErrorCode.SequenceConflict, _group.Push(1, item with { Sequence = 2 }).Results[0].Code);
    }

    [Fact]
    public void Blob_is_kept_until_a_second_device_exists_and_all_others_have_it()
    {
        var group = new StateDriver();
        group.Join(1);
        group.Push(1, StateDriver.Item(1), StateDriver.Item(2));
        Assert.Equal(ErrorCode.None, group.Ack(1, 2));
        Assert.Equal([(1UL, BlobState.Own), (2UL, BlobState.Own)], group.Page(1));
        Assert.Equal(Cursor.Zero, group.Join(2).Acked);
        group.Join(3);
        Assert.Equal(2, group.Pull(3).Entries.Count(e => e.State == BlobState.Present));
        group.Ack(2, 2);
        Assert.Equal(1UL, group.State.HistoryStart.Value);
        group.Ack(3, 1);
        group.Commit();
        Assert.Equal(2UL, group.State.HistoryStart.Value);
        Assert.Equal([2UL], group.StoredBodies(2));
        group.Ack(3, 2);
        Assert.Equal((3UL, 0L), (group.State.HistoryStart.Value, group.State.UsedBytes));
    }

    // Its cursor is given, and the store has not answered yet: nobody can have read it.
    [Fact]
    public void Cursor_whose_commit_is_under_way_can_not_be_acknowledged()
    {
        _group.Join(1);
        _group.Join(2);
        _group.Push(1, StateDriver.Item(1));
        _group.State.Push(StateDriver.Device(1), [StateDriver.Item(2)], _group.NowMs);
        Assert.Equal((1UL, 2UL), (_group.State.Head.Value, _group.State.LastCursor.Value));
        Assert.Equal(ErrorCode.InvalidMessage, _group.Ack(2, 2));
        Assert.Equal(Cursor.Zero, _group.Join(2, commit: false).Acked);
        _group.Commit();
        Assert.Equal(ErrorCode.None, _group.Ack(2, 2));
    }

    [Fact]
    public void Acknowledgement_never_goes_back_and_never_beyond_the_head()
    {
        _group.Push(1, StateDriver.Item(1), StateDriver.Item(2), StateDriver.Item(3));
        Assert.Equal(ErrorCode.InvalidMessage, _group.Ack(2, 4));
        _group.Ack(2, 2);
        Assert.Equal(ErrorCode.None, _group.Ack(2, 1));
        Assert.Equal(2UL, _group.Join(2).Acked.Value);
    }

    [Fact]
    public void Middle_entry_leaves_a_stub_so_that_every_cursor_is_accounted_for()
    {
        var second = StateDriver.Item(2);
        _group.Push(1, StateDriver.Item(1), second, StateDriver.Item(3));
        Assert.Equal(ErrorCode.NotBlobOwner, _group.State.Delete(StateDriver.Device(2), [new BlobId(second.Id)]));
        Assert.Equal(ErrorCode.None, _group.State.Delete(StateDriver.Device(1), [new BlobId(second.Id), BlobId.New()]));
        _group.Commit();
        _group.Restart();
        Assert.Equal([(1UL, BlobState.Present), (2UL, BlobState.Deleted), (3UL, BlobState.Present)], _group.Page(2));
        Assert.Equal(100 + 100 + 3 * GroupOptions.EntryOverheadBytes, _group.State.UsedBytes);
    }

    [Fact]
    public void Delete_of_own_blobs_and_anothers_deletes_none_whichever_comes_first()
    {
        var (own, theirs) = (StateDriver.Item(1), StateDriver.Item(1));
        _group.Push(1, own);
        _group.Push(2, theirs);
        foreach (var mixed in (byte[][][])[[own.Id, theirs.Id], [theirs.Id, own.Id]])
            Assert.Equal(ErrorCode.NotBlobOwner, _group.State.Delete(StateDriver.Device(1), [.. mixed.Select(b => new BlobId(b))]));
        _group.Commit();
        Assert.Equal([1UL, 2], _group.StoredBodies(2));
    }

    [Fact]
    public void Blocked_device_is_refused_and_what_it_had_not_read_stays_until_its_time_is_over()
    {
        _group.Join(3);
        _group.Push(1, StateDriver.Item(1));
        _group.Ack(2, 1);
        Assert.Equal(1UL, _group.State.HistoryStart.Value);
        Assert.Equal(ErrorCode.None, _group.State.Revoke(StateDriver.Device(3), _group.NowMs));
        Assert.Equal(1UL, _group.State.HistoryStart.Value);
        _group.Commit();
        _group.Restart();
        Assert.Equal(ErrorCode.DeviceRevoked, _group.State.Admit(StateDriver.Device(3), 1));
        Assert.Equal(ErrorCode.DeviceRevoked, _group.Join(3).Code);
        Assert.Equal(ErrorCode.InvalidMessage, _group.State.Revoke(StateDriver.Device(9), _group.NowMs));
    }

    [Fact]
    public void Quota_and_sizes_refuse_without_a_trace()
    {
        var group = new StateDriver(o => o.GroupBytesMax = 2 << 20);
        group.Join(1);
        group.Join(2);
        Assert.Equal(ErrorCode.BlobTooLarge, group.Push(1, StateDriver.Item(1, WireLimits.EnvelopeBytesMax + 1)).Results[0].Code);
        group.Push(1, StateDriver.Item(1, 1 << 20));
        var full = group.Push(1, StateDriver.Item(2, 1 << 20)).Results[0];
        Assert.Equal(ErrorCode.GroupQuotaExceeded, full.Code);
        Assert.True(full.RetryAfterMs > 0);
        Assert.Equal((1UL, (1L << 20) + GroupOptions.EntryOverheadBytes), (group.State.LastCursor.Value, group.State.UsedBytes));
        group.Ack(2, 1);
        Assert.Equal(ErrorCode.None, group.Push(1, StateDriver.Item(2, 1 << 20)).Results[0].Code);
    }

    [Fact]
    public void What_waits_for_the_store_is_bounded()
    {
        var group = new StateDriver(o => o.InFlightBlobsMax = 2);
        group.Join(1);
        var items = new[] { StateDriver.Item(1), StateDriver.Item(2), StateDriver.Item(3) };
        var results = group.State.Push(StateDriver.Device(1), items, 1).Results;
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.RelayOverloaded], results.Select(r => r.Code));
        Assert.True(results[2].RetryAfterMs > 0);
        group.Commit();
        Assert.Equal(3UL, group.Push(1, items).Results[2].Cursor);
    }

    [Fact]
    public void Bytes_that_wait_for_the_store_are_bounded()
    {
        var group = new StateDriver(o => o.InFlightBytesMax = 6 << 20);
        group.Join(1);
        var items = Enumerable.Range(1, 8).Select(s => StateDriver.Item((ulong)s, 1 << 20)).ToArray();
        var results = group.State.Push(StateDriver.Device(1), items, 1).Results;
        Assert.All(results[..6], r => Assert.Equal(ErrorCode.None, r.Code));
        Assert.Equal([ErrorCode.RelayOverloaded, ErrorCode.OutOfOrder], results[6..].Select(r => r.Code));
        group.Commit();
        Assert.Equal(8UL, group.Push(1, items).Results[7].Cursor);
    }

    [Fact]
    public void Received_times_never_go_back_so_expiry_takes_from_the_front_only()
    {
        var first = _group.Push(1, StateDriver.Item(1)).Results[0].ReceivedAtMs;
        _group.NowMs -= 60_000;
        Assert.Equal(first, _group.Push(1, StateDriver.Item(2)).Results[0].ReceivedAtMs);
    }

    [Fact]
    public void Wrong_key_and_a_device_too_many_are_refused()
    {
        Assert.Equal(ErrorCode.Unauthorized, _group.JoinWith(3, new byte[32]).Code);
        Assert.Equal(ErrorCode.Unauthorized, _group.State.Admit(StateDriver.Device(3), 1));
        var small = new StateDriver(o => o.DevicesMax = 2);
        small.Join(1);
        small.Join(2);
        Assert.Equal(ErrorCode.TooManyDevices, small.Join(3).Code);
        small.State.Revoke(StateDriver.Device(2), small.NowMs);
        Assert.Equal(ErrorCode.None, small.Join(3).Code);
    }
}
