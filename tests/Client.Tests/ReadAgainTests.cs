using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Reading the relays' logs again: closes what holes it can, gives up the others, and hands nothing over twice.</summary>
public sealed class ReadAgainTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_device_forgot_and_the_relay_keeps_comes_again_and_nothing_else_does()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 8);
        foreach (var (id, sequence, envelope) in blobs.Take(6)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(6, (await Rig.TakeAsync(b, 6)).Count);
        await Rig.UntilAsync(() => b.SetBack(Rig.Id(1), 3), "all was acknowledged");
        foreach (var (id, sequence, envelope) in blobs.Skip(6)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        Assert.Equal(["1/7", "1/8"], await Rig.TakeAsync(b, 2));
        var omission = await Rig.EventAsync<Omission>(b);
        Assert.Equal((4UL, 6UL, 3UL), (omission.FirstSequence, omission.LastSequence, b.Status.Vector[Rig.Id(1)]));

        await b.ReadAgainAsync(Stop);
        Assert.Equal(["1/4", "1/5", "1/6"], await Rig.TakeAsync(b, 3));
        Assert.Equal(8UL, b.Status.Vector[Rig.Id(1)]);
        await b.ReadAgainAsync(Stop);
        Assert.Single(await Rig.EventsSoFarAsync(b), e => e is Omission or Replay or Reordered or Missed or ChainBroken);
        Assert.Equal(new Cursor(8), b.Status.Received);
    }

    [Fact]
    public async Task Hole_that_no_relay_fills_is_given_up_and_the_vector_goes_on_also_after_a_restart()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 6);
        foreach (var (id, sequence, envelope) in blobs.Where(b => b.Sequence is 1 or 4 or 5)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var b = rig.Start(2, store))
        {
            Assert.Equal(["1/1", "1/4", "1/5"], await Rig.TakeAsync(b, 3));
            await b.ReadAgainAsync(Stop);
            var missed = await Rig.EventAsync<Missed>(b);
            Assert.Equal((2UL, 3UL, MissedReason.NotKept), (missed.FirstSequence, missed.LastSequence, missed.Reason));
            await Rig.UntilAsync(() => b.Status.Vector[Rig.Id(1)] == 5, "the vector went on");
        }

        rig.Relay.Append(Rig.Id(1), 6, blobs[5].Id, blobs[5].Envelope);
        var again = rig.Start(2, store);
        Assert.Equal(["1/6"], await Rig.TakeAsync(again, 1));
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(again), e => e is Omission or Missed or ChainBroken);
        Assert.Equal(6UL, again.Status.Vector[Rig.Id(1)]);
    }

    [Fact]
    public async Task What_expired_and_was_told_is_not_told_again()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 6);
        foreach (var (id, sequence, envelope) in blobs.Take(2)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var first = rig.Start(2, store)) Assert.Equal(2, (await Rig.TakeAsync(first, 2)).Count);
        foreach (var (id, sequence, envelope) in blobs.Skip(2)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        (rig.Relay.HistoryStart, rig.Relay.ExpiredThrough) = (5, new Cursor(4));
        var b = rig.Start(2, store);
        Assert.Equal(["1/5", "1/6"], await Rig.TakeAsync(b, 2));
        await b.ReadAgainAsync(Stop);
        await b.ReadAgainAsync(Stop);
        var events = await Rig.EventsSoFarAsync(b);
        Assert.Single(events, e => e is Expired);
        Assert.Single(events, e => e is Missed);
        Assert.Equal(6UL, b.Status.Vector[Rig.Id(1)]);
    }

    // A trimmed place that was read before must not explain a later hole.
    [Fact]
    public async Task Reading_again_does_not_count_what_was_trimmed_since_as_unread()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 8);
        foreach (var (id, sequence, envelope) in blobs.Take(4)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(4, (await Rig.TakeAsync(b, 4)).Count);
        rig.Relay.HistoryStart = 5;
        await b.ReadAgainAsync(Stop);
        rig.Relay.Append(Rig.Id(1), 7, blobs[6].Id, blobs[6].Envelope);
        Assert.Equal(["1/7"], await Rig.TakeAsync(b, 1));
        var omission = await Rig.EventAsync<Omission>(b);
        Assert.Equal((5UL, 6UL), (omission.FirstSequence, omission.LastSequence));
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(b), e => e is Missed);
    }

    [Fact]
    public async Task All_relays_are_read_before_a_hole_is_given_up_and_one_that_is_down_is_waited_for()
    {
        await using var rig = new Rig(relays: 2);
        var blobs = rig.Sealed(1, 4);
        foreach (var (id, sequence, envelope) in blobs.Where(b => b.Sequence != 2)) rig.Relays[0].Append(Rig.Id(1), sequence, id, envelope);
        rig.Relays[1].IsDown = true;
        var b = rig.Start(2);
        Assert.Equal(["1/1", "1/3", "1/4"], await Rig.TakeAsync(b, 3));
        var reading = b.ReadAgainAsync(Stop);
        Assert.Equal(1UL, b.Status.Vector[Rig.Id(1)]);
        foreach (var (id, sequence, envelope) in blobs) rig.Relays[1].Append(Rig.Id(1), sequence, id, envelope);
        rig.Relays[1].IsDown = false;
        await reading.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal(["1/2"], await Rig.TakeAsync(b, 1));
        Assert.Equal(4UL, b.Status.Vector[Rig.Id(1)]);
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(b), e => e is Missed or Replay);
    }
}
