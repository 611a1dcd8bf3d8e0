using System.Security.Cryptography;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A blob that can't be opened holds back acknowledgements: not for longer than the relay has it, and not if it is given up.</summary>
public sealed class UndecryptableTests
{
    [Fact]
    public async Task Hold_is_released_when_the_relays_log_start_has_passed_the_blob()
    {
        await using var rig = new Rig();
        var store = new MemoryStateStore();
        await using (var b = await HeldAsync(rig, store)) Assert.Equal((new Cursor(3), new Cursor(1)), (b.Status.Received, b.Status.Acked));

        // It expired.
        (rig.Relay.HistoryStart, rig.Relay.ExpiredThrough) = (3, new Cursor(2));
        var again = rig.Start(2, store);
        await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(3), "the acknowledgement of all");
        Assert.Equal((new Cursor(3), 1L), (again.Status.Acked, again.Status.Undecryptable));
        Assert.False(Assert.Single(again.ListUndecryptable()).HoldsBack);
        await again.DisposeAsync();

        // Known also without a connection.
        Assert.Equal(new Cursor(3), StateReader.From(store.Load(), Rig.Id(2), [Rig.Address]).Acked);
    }

    [Fact]
    public async Task Hold_is_released_in_a_session_that_lasts_when_a_page_shows_that_the_blob_is_gone()
    {
        await using var rig = new Rig();
        var b = await HeldAsync(rig, new MemoryStateStore());
        (rig.Relay.HistoryStart, rig.Relay.ExpiredThrough) = (4, new Cursor(3));
        foreach (var (id, sequence, envelope) in rig.Sealed(3, 1)) rig.Relay.Append(Rig.Id(3), sequence, id, envelope);
        Assert.Equal(["3/1"], await Rig.TakeAsync(b, 1));
        await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(4), "the acknowledgement of all");
    }

    // It waits behind an unread blob while its place leaves the log.
    [Fact]
    public async Task Blob_that_expired_before_its_row_was_committed_holds_back_nothing()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 2);
        rig.Relay.Append(Rig.Id(1), 1, blobs[0].Id, blobs[0].Envelope);
        rig.Relay.Append(Rig.Id(3), 1, BlobId.New(), RandomNumberGenerator.GetBytes(100));
        var b = rig.Start(2);
        await Rig.UntilAsync(() => b.Status.State == SyncState.Live, "all fetched");
        (rig.Relay.HistoryStart, rig.Relay.ExpiredThrough) = (3, new Cursor(2));
        rig.Relay.Cut();
        await Rig.EventAsync<Disconnected>(b);
        await Rig.UntilAsync(() => b.Status.State == SyncState.Live, "connected again");
        Assert.Equal(["1/1"], await Rig.TakeAsync(b, 1));
        await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(2), "the acknowledgement of all");
    }

    [Fact]
    public async Task Giving_one_up_lets_the_acknowledgement_go_on_to_the_next_and_is_durable()
    {
        await using var rig = new Rig();
        var store = new MemoryStateStore();
        await using (var b = await HeldAsync(rig, store))
        {
            rig.Relay.Append(Rig.Id(4), 1, BlobId.New(), RandomNumberGenerator.GetBytes(100));
            await Rig.UntilAsync(() => b.Status.Undecryptable == 2, "two are held");
            var first = b.ListUndecryptable()[0];
            Assert.Equal((new Cursor(2), Rig.Id(3), true, true, Rig.Address), (first.Cursor, first.Sender, first.HoldsBack, first.IsKept, first.Relay));
            Assert.Equal(0, b.GiveUpUndecryptable(BlobId.New()));
            Assert.Equal(1, b.GiveUpUndecryptable(first.Id));
            Assert.Equal(new Cursor(2), (await Rig.EventAsync<GivenUp>(b)).Cursor);
            await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(3), "the acknowledgement up to the next");
        }

        Assert.Single(store.ReadQuarantine());
        var again = rig.Start(2, store);
        Assert.Equal(1, again.GiveUpUndecryptable());
        await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(4), "the acknowledgement of all");
        Assert.Equal(0, again.Status.Undecryptable);
    }

    // The relay only said that it was that device's first: the real one still counts.
    [Fact]
    public async Task Giving_up_garbage_does_not_give_up_the_blob_that_it_claimed_to_be()
    {
        await using var rig = new Rig();
        var b = await HeldAsync(rig, new MemoryStateStore());
        b.GiveUpUndecryptable();
        foreach (var (id, sequence, envelope) in rig.Sealed(3, 2)) rig.Relay.Append(Rig.Id(3), sequence, id, envelope);
        Assert.Equal(["3/1", "3/2"], await Rig.TakeAsync(b, 2));
        Assert.Equal(2UL, b.Status.Vector[Rig.Id(3)]);
    }

    // Cursor 2 is garbage, and everything is acknowledged by the app.
    private static async Task<SyncClient> HeldAsync(Rig rig, IStateStore store)
    {
        var blobs = rig.Sealed(1, 2);
        rig.Relay.Append(Rig.Id(1), 1, blobs[0].Id, blobs[0].Envelope);
        rig.Relay.Append(Rig.Id(3), 1, BlobId.New(), RandomNumberGenerator.GetBytes(100));
        rig.Relay.Append(Rig.Id(1), 2, blobs[1].Id, blobs[1].Envelope);
        var b = rig.Start(2, store);
        Assert.Equal(["1/1", "1/2"], await Rig.TakeAsync(b, 2));
        await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(1), "the acknowledgement up to the bad blob");
        return b;
    }
}
