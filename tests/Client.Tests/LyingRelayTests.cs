using Xunit;
using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A relay that errs or lies: each lie is an event, and the rest keeps working.</summary>
public sealed class LyingRelayTests
{
    [Fact]
    public async Task Omitted_blob_is_reported_and_later_ones_are_handed_over()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 5);
        foreach (var (id, sequence, envelope) in blobs.Where(b => b.Sequence is not (2 or 3))) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(["1/1", "1/4", "1/5"], await Rig.TakeAsync(b, 3));
        var omission = await Rig.EventAsync<Omission>(b);
        Assert.Equal((2UL, 3UL), (omission.FirstSequence, omission.LastSequence));
        Assert.Equal(1UL, b.Status.Vector[Rig.Id(1)]);
        Assert.Single(await Rig.EventsSoFarAsync(b), e => e is Omission);
    }

    // The sender deleted its second and third blob, and the relay trimmed their stubs, before this device read them.
    [Fact]
    public async Task Blobs_deleted_and_trimmed_before_they_were_read_are_no_omission_also_after_a_restart()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 5);
        foreach (var (id, sequence, envelope) in blobs.Take(3)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var first = rig.Start(2, store))
        {
            Assert.Equal("1/1", (await Rig.TakeAsync(first, 1))[0]);
        }

        rig.Relay.HistoryStart = 4;
        await using (var second = rig.Start(2, store))
        {
            await Rig.UntilAsync(() => second.Status.Received == new Cursor(3), "the trimmed places passed");
        }

        foreach (var (id, sequence, envelope) in blobs.Skip(3)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2, store);
        Assert.Equal(["1/4", "1/5"], await Rig.TakeAsync(b, 2));
        var missed = await Rig.EventAsync<Missed>(b);
        Assert.Equal((2UL, 3UL, MissedReason.Deleted), (missed.FirstSequence, missed.LastSequence, missed.Reason));
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(b), e => e is Omission);
        Assert.Equal(5UL, b.Status.Vector[Rig.Id(1)]);
    }

    [Fact]
    public async Task Replayed_blob_is_reported_and_dropped()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 2);
        foreach (var (id, sequence, envelope) in blobs.Append(blobs[0])) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var other = rig.Sealed(3, 1)[0];
        rig.Relay.Append(Rig.Id(3), 1, other.Id, other.Envelope);
        var b = rig.Start(2);
        Assert.Equal(["1/1", "1/2", "3/1"], await Rig.TakeAsync(b, 3));
        Assert.Equal(new Cursor(3), (await Rig.EventAsync<Replay>(b)).Cursor);
    }

    [Fact]
    public async Task Reordered_blobs_are_reported_and_handed_over_once_each()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 3);
        foreach (var (id, sequence, envelope) in new[] { blobs[0], blobs[2], blobs[1] }) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(["1/1", "1/3", "1/2"], await Rig.TakeAsync(b, 3));
        Assert.Equal(2UL, (await Rig.EventAsync<Reordered>(b)).Sequence);
        Assert.Equal(3UL, b.Status.Vector[Rig.Id(1)]);
    }

    [Fact]
    public async Task Swapped_blobs_do_not_open_and_are_kept_and_reported()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 3);
        rig.Relay.Append(Rig.Id(1), 1, blobs[0].Id, blobs[1].Envelope);
        rig.Relay.Append(Rig.Id(1), 2, blobs[1].Id, blobs[0].Envelope);
        rig.Relay.Append(Rig.Id(1), 3, blobs[2].Id, blobs[2].Envelope);
        var b = rig.Start(2);
        Assert.Equal(["1/3"], await Rig.TakeAsync(b, 1));
        Assert.Equal(UndecryptableReason.WrongKeyOrTampered, (await Rig.EventAsync<Undecryptable>(b)).Reason);
        Assert.Equal(2, b.Status.Undecryptable);
    }

    [Fact]
    public async Task Undecryptable_blob_holds_back_the_acknowledgement_and_is_handed_over_when_it_opens()
    {
        await using var rig = new Rig();
        using var otherSecret = GroupSecret.Random();
        var blobs = rig.Sealed(1, 4);
        foreach (var (id, sequence, envelope) in blobs) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        var damaged = (byte[])blobs[1].Envelope.Clone();
        damaged[^1] ^= 1;
        rig.Relay.Rewrite(log => log.Select(b => b.Sequence == 2 ? b with { Envelope = damaged } : b));

        await using (var b = rig.Start(2, store))
        {
            Assert.Equal(["1/1", "1/3", "1/4"], await Rig.TakeAsync(b, 3));
            await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(1), "the acknowledgement up to the bad blob");
            Assert.Equal(new Cursor(4), b.Status.Received);
            Assert.Equal(new Cursor(1), b.Status.Acked);
            Assert.Equal(1UL, b.Status.Vector[Rig.Id(1)]);
            Assert.NotEmpty(b.Status.OpenProblems);
        }

        // The right bytes turn up, as the right key would: the quarantined one opens, and only it is handed over.
        var kept = Assert.Single(store.ReadQuarantine());
        store.CommitInbound([], [new QuarantineAdded(kept with { Envelope = blobs[1].Envelope })]);
        var again = rig.Start(2, store);
        Assert.Equal(["1/2"], await Rig.TakeAsync(again, 1));
        Assert.Equal(4UL, again.Status.Vector[Rig.Id(1)]);
        await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(4), "the acknowledgement of all");
        Assert.Empty(store.ReadQuarantine());
    }

    [Fact]
    public async Task Wrong_key_leaves_everything_in_quarantine_and_acknowledges_nothing()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 3)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        using var wrong = GroupSecret.Random();
        var store = new MemoryStateStore();
        var b = rig.Start(2, store, new KeyRing(wrong, 1));
        await Rig.UntilAsync(() => b.Status.Undecryptable == 3, "all in quarantine");
        Assert.Equal(Cursor.Zero, b.Status.Acked);
        Assert.Equal(Cursor.Zero, rig.Relay.AckOf(Rig.Id(2)));
        await b.DisposeAsync();

        var right = rig.Start(2, store);
        Assert.Equal(["1/1", "1/2", "1/3"], await Rig.TakeAsync(right, 3));
    }

    [Fact]
    public async Task Set_back_log_is_reported_and_new_blobs_still_come_once()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 4);
        foreach (var (id, sequence, envelope) in blobs.Take(3)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(3, (await Rig.TakeAsync(b, 3)).Count);
        rig.Relay.Rewrite(log => log.Take(1));
        rig.Relay.Cut();
        var rollback = await Rig.EventAsync<Rollback>(b);
        Assert.Equal((new Cursor(3), new Cursor(1)), (rollback.Known, rollback.Head));
        foreach (var (id, sequence, envelope) in blobs.Skip(1)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        Assert.Equal(["1/4"], await Rig.TakeAsync(b, 1));
        Assert.Equal(4UL, b.Status.Vector[Rig.Id(1)]);
    }

    [Fact]
    public async Task New_log_of_a_relay_is_reported_and_read_from_its_beginning()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 6);
        foreach (var (id, sequence, envelope) in blobs.Take(3)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(3, (await Rig.TakeAsync(b, 3)).Count);
        rig.Relay.Rewrite(_ => []);
        rig.Relay.LogId = [.. Enumerable.Repeat((byte)2, 16)];
        rig.Relay.Append(Rig.Id(1), 5, blobs[4].Id, blobs[4].Envelope);
        rig.Relay.Cut();
        await Rig.EventAsync<RelayReset>(b);
        Assert.Equal(["1/5"], await Rig.TakeAsync(b, 1));
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(b), e => e is Omission or Replay);
        Assert.Equal(new Cursor(1), b.Status.Received);
    }

    [Fact]
    public async Task Expired_blobs_are_an_event_with_their_range()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 10);
        foreach (var (id, sequence, envelope) in blobs.Take(2)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var b = rig.Start(2, store)) Assert.Equal(2, (await Rig.TakeAsync(b, 2)).Count);
        foreach (var (id, sequence, envelope) in blobs.Skip(2)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        (rig.Relay.HistoryStart, rig.Relay.ExpiredThrough) = (8, new Cursor(7));

        var again = rig.Start(2, store);
        Assert.Equal(["1/8", "1/9", "1/10"], await Rig.TakeAsync(again, 3));
        var expired = await Rig.EventAsync<Expired>(again);
        Assert.Equal((new Cursor(3), new Cursor(7)), (expired.First, expired.Last));
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(again), e => e is Omission);
        Assert.Equal(10UL, again.Status.Vector[Rig.Id(1)]);
    }

    [Fact]
    public async Task Device_that_joins_late_learns_where_history_begins()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 6)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        rig.Relay.HistoryStart = 4;
        var b = rig.Start(2);
        Assert.Equal(["1/4", "1/5", "1/6"], await Rig.TakeAsync(b, 3));
        Assert.Equal(new Cursor(4), (await Rig.EventAsync<HistoryBegins>(b)).First);
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(b), e => e is Omission or Expired or ChainBroken);
        Assert.Equal(6UL, b.Status.Vector[Rig.Id(1)]);
    }

    [Fact]
    public async Task Page_with_a_hole_breaks_the_connection_and_moves_nothing()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 5)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        rig.Relay.Lie = page => page with { Blobs = [.. page.Blobs.Where(b => b.Cursor.Value != 3)] };
        var b = rig.Start(2);
        await Rig.EventAsync<RelayMisbehaved>(b);
        Assert.Equal(Cursor.Zero, b.Status.Received);
        rig.Relay.Lie = null;
        Assert.Equal(5, (await Rig.TakeAsync(b, 5)).Count);
    }

    [Fact]
    public async Task Forged_sequence_is_reported_and_the_sealed_one_counts()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 2);
        rig.Relay.Append(Rig.Id(1), 7, blobs[0].Id, blobs[0].Envelope);
        rig.Relay.Append(Rig.Id(1), 8, blobs[1].Id, blobs[1].Envelope);
        var b = rig.Start(2);
        Assert.Equal(["1/1", "1/2"], await Rig.TakeAsync(b, 2));
        await Rig.EventAsync<ChainBroken>(b);
        Assert.Equal(2UL, b.Status.Vector[Rig.Id(1)]);
    }
}
