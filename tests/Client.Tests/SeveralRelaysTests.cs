using System.Text;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A group with several relays: push to all, read one, lose some.</summary>
public sealed class SeveralRelaysTests
{
    [Fact]
    public async Task Push_goes_to_every_relay_and_the_first_ones_cursor_comes_back()
    {
        await using var rig = new Rig(relays: 3);
        rig.Relays[0].Append(Rig.Id(9), 1, BlobId.New(), new byte[] { 1 });
        var a = rig.Start(1);
        var receipt = await a.PushAsync(Bytes("x"));
        using var patience = Rig.Patience();
        Assert.Equal(new Cursor(2), await receipt.Durable.WaitAsync(patience.Token));
        await Rig.UntilAsync(() => rig.Relays.All(r => r.Log.Any(b => b.Id == receipt.BlobId)), "the blob on every relay");
        await Rig.UntilAsync(() => a.Status.Relays.All(r => r.DeliveredSequence == 1), "every relay's acknowledgement in the status");
        Assert.Equal([true, false, false], a.Status.Relays.Select(r => r.IsPrimary));
    }

    [Fact]
    public async Task Blob_stays_in_the_outbox_until_the_last_relay_has_it_also_over_a_restart()
    {
        await using var rig = new Rig(relays: 2);
        rig.Relays[1].IsDown = true;
        var store = new MemoryStateStore();
        await using (var a = rig.Start(1, store))
        {
            for (var i = 0; i < 20; i++) await a.PushAsync(Bytes($"{i}"));
            using var patience = Rig.Patience();
            await a.FlushAsync(patience.Token);
            Assert.Equal((0L, 20L), (a.Status.PendingBlobs, a.Status.Relays[1].PendingBlobs));
        }

        Assert.Equal(20, store.Load().OutboxBlobs);
        rig.Relays[1].IsDown = false;
        var again = rig.Start(1, store);
        await Rig.UntilAsync(() => rig.Relays[1].Log.Count == 20, "all on the second relay");
        await Rig.UntilAsync(() => store.Load().OutboxBlobs == 0, "an empty outbox");
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (ulong)i), rig.Relays[1].Log.Select(b => b.Sequence));
        Assert.Equal(20, rig.Relays[0].Log.Count);
        Assert.Equal(0, again.Status.Relays[1].PendingBlobs);
    }

    [Fact]
    public async Task Primary_lost_in_the_middle_hands_over_to_the_next_and_each_blob_comes_once_in_order()
    {
        await using var rig = new Rig(relays: 2);
        var (a, b) = (rig.Start(1), rig.Start(2));
        await LiveAsync(a, b);
        var taking = Rig.TakeAsync(b, 200);
        for (var i = 0; i < 200; i++)
        {
            await a.PushAsync(Bytes($"{i}"));
            if (i != 100) continue;
            rig.Relays[0].IsDown = true;
            rig.Relays[0].Cut();
        }

        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), await taking);
        Assert.Equal(Rig.AddressOf(1), (await Rig.EventAsync<PrimaryChanged>(a)).Relay);
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(b), e => e is Replay or Omission or Reordered or Expired or Missed or ChainBroken);
        Assert.Equal(a.Status.Vector, b.Status.Vector);

        // It comes back: what it missed goes there too, in order, and it is the primary again after a while.
        rig.Relays[0].IsDown = false;
        await Rig.UntilAsync(() => rig.Relays[0].Log.Count == 200, "all on the first relay");
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (ulong)i), rig.Relays[0].Log.Select(x => x.Sequence));
        await Rig.UntilAsync(() => a.Status.Relays[0].IsPrimary && b.Status.Relays[0].IsPrimary, "the first relay as primary again");
        await a.PushAsync(Bytes("after"));
        Assert.Equal(["after"], await Rig.TakeAsync(b, 1));
    }

    [Fact]
    public async Task Receipt_waits_for_the_primary_and_takes_the_next_ones_word_when_it_is_lost()
    {
        await using var rig = new Rig(relays: 2);
        var hold = new TaskCompletionSource();
        var a = rig.Start(1);
        await LiveAsync(a);
        rig.Relays[0].HoldPushes = hold.Task;
        rig.Relays[1].Append(Rig.Id(9), 1, BlobId.New(), new byte[] { 1 });
        var receipt = await a.PushAsync(Bytes("x"));
        await Rig.UntilAsync(() => a.Status.Relays[1].DeliveredSequence == 1, "the second relay's acknowledgement");
        Assert.False(receipt.Durable.IsCompleted);
        Assert.Equal(1UL, a.Status.DurableSequence);

        rig.Relays[0].IsDown = true;
        rig.Relays[0].Cut();
        hold.SetResult();
        using var patience = Rig.Patience();
        Assert.Equal(new Cursor(2), await receipt.Durable.WaitAsync(patience.Token));
    }

    [Fact]
    public async Task Primary_that_falls_silent_is_left_before_its_session_breaks_and_gone_back_to_once_it_answers()
    {
        await using var rig = new Rig(relays: 2);
        rig.Options = rig.Options with { FailOverAfter = TimeSpan.FromMilliseconds(300), RequestTimeout = TimeSpan.FromMinutes(5) };
        var a = rig.Start(1);
        await LiveAsync(a);
        await Rig.UntilAsync(() => a.Status.Relays[0].IsPrimary, "the first relay as primary");
        var hold = new TaskCompletionSource();
        rig.Relays[0].HoldPushes = hold.Task;
        var receipt = await a.PushAsync(Bytes("x"));
        using var patience = Rig.Patience();
        await receipt.Durable.WaitAsync(patience.Token);
        Assert.True(a.Status.Relays[1].IsPrimary);
        Assert.Equal(SyncState.Live, a.Status.Relays[0].State);
        rig.Relays[0].HoldPushes = Task.CompletedTask;
        hold.SetResult();
        await Rig.UntilAsync(() => a.Status.Relays[0].IsPrimary && a.Status.Relays[0].DeliveredSequence == 1, "the first relay as primary again");
        Assert.Equal(1, rig.Relays[0].Dials);
    }

    [Fact]
    public async Task All_relays_down_is_said_and_nothing_hangs()
    {
        await using var rig = new Rig(relays: 3);
        foreach (var relay in rig.Relays) relay.IsDown = true;
        var a = rig.Start(1);
        var receipt = await a.PushAsync(Bytes("kept"));
        await Rig.UntilAsync(() => a.Status.OpenProblems.Count > 0, "a problem in the status");
        Assert.False(a.Status.IsOnline);
        Assert.Contains("No relay of this group can be reached", Assert.Single(a.Status.OpenProblems));
        Assert.Equal(1, a.Status.PendingBlobs);
        Assert.All(a.Status.Relays, r => Assert.NotNull(r.LastError));

        foreach (var relay in rig.Relays) relay.IsDown = false;
        using var patience = Rig.Patience();
        await receipt.Durable.WaitAsync(patience.Token);
        await Rig.UntilAsync(() => a.Status.IsOnline && a.Status.OpenProblems.Count == 0, "no problem left");
        await Rig.UntilAsync(() => rig.Relays.All(r => r.Log.Count == 1), "the blob on every relay");
    }

    [Fact]
    public async Task Refusing_relay_is_out_with_a_status_and_the_others_go_on()
    {
        await using var rig = new Rig(relays: 2);
        rig.Relays[0].RefuseHello = ErrorCode.Unauthorized;
        var (a, b) = (rig.Start(1), rig.Start(2));
        await a.PushAsync(Bytes("x"));
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);
        Assert.Equal(["x"], await Rig.TakeAsync(b, 1));
        Assert.Equal(SyncState.Refused, a.Status.Relays[0].State);
        Assert.True(a.Status.IsOnline);
        Assert.Contains(a.Status.OpenProblems, p => p.Contains("does not admit this device", StringComparison.Ordinal));
        Assert.Equal(Rig.AddressOf(0), (await Rig.EventAsync<Refused>(a)).Relay);

        // Mended, and asked to try again: it gets what it missed.
        rig.Relays[0].RefuseHello = ErrorCode.None;
        a.TryAgain();
        await Rig.UntilAsync(() => rig.Relays[0].Log.Count == 1, "the blob on the first relay");
        await Rig.UntilAsync(() => a.Status.OpenProblems.Count == 0, "no problem left");
    }

    [Fact]
    public async Task Blob_refused_by_the_primary_alone_is_durable_by_the_next()
    {
        await using var rig = new Rig(relays: 2);
        rig.Relays[0].RefusePush = _ => ErrorCode.BlobTooLarge;
        var a = rig.Start(1);
        var receipt = await a.PushAsync(Bytes("x"));
        using var patience = Rig.Patience();
        await receipt.Durable.WaitAsync(patience.Token);
        Assert.Single(rig.Relays[1].Log);
        Assert.NotNull(a.Status.Relays[0].Problem);
        Assert.True(a.Status.Relays[1].IsPrimary);
    }

    [Fact]
    public async Task Relay_that_is_away_too_long_is_given_up_and_the_rest_keeps_working()
    {
        await using var rig = new Rig(relays: 2);
        rig.Options = rig.Options with { LaggingBytesMax = 4 * 1024 * 1024 };
        rig.Relays[1].IsDown = true;
        var store = new MemoryStateStore();
        var a = rig.Start(1, store);
        for (var i = 0; i < 6; i++) await a.PushAsync(new byte[WireLimits.PayloadBytesMax]);
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);
        var givenUp = await Rig.EventAsync<RelayGivenUp>(a);
        Assert.Equal((Rig.AddressOf(1), 0UL), (givenUp.Relay, givenUp.LastSequence));
        await Rig.UntilAsync(() => store.Load().OutboxBlobs == 0, "an empty outbox");
        rig.Relays[1].IsDown = false;
        await Rig.UntilAsync(() => a.Status.Relays[1].State == SyncState.Live, "the second relay live");
        await a.PushAsync(Bytes("more"));
        await a.FlushAsync(patience.Token);
        Assert.Empty(rig.Relays[1].Log);
        Assert.NotNull(a.Status.Relays[1].Problem);
    }

    [Fact]
    public async Task Flapping_primary_does_not_stop_the_others_and_makes_no_second_copy()
    {
        await using var rig = new Rig(relays: 2);
        rig.Options = rig.Options with { FailBackAfter = TimeSpan.FromMinutes(1) };
        var (a, b) = (rig.Start(1), rig.Start(2));
        await LiveAsync(a, b);
        var taking = Rig.TakeAsync(b, 150);
        for (var i = 0; i < 150; i++)
        {
            await a.PushAsync(Bytes($"{i}"));
            if (i % 10 != 9) continue;
            rig.Relays[0].Cut();
            await Rig.UntilAsync(() => a.Status.Relays[1].DeliveredSequence > (ulong)i, "the second relay's acknowledgement");
        }

        Assert.Equal(Enumerable.Range(0, 150).Select(i => $"{i}"), await taking);
        foreach (var relay in rig.Relays)
        {
            await Rig.UntilAsync(() => relay.Log.Count >= 150, "all on each relay");
            Assert.Equal(Enumerable.Range(1, 150).Select(i => (ulong)i), relay.Log.Select(x => x.Sequence));
        }

        Assert.Single(await Rig.EventsSoFarAsync(a), e => e is PrimaryChanged);
    }

    [Fact]
    public async Task What_a_relay_lost_comes_from_the_other_one()
    {
        await using var rig = new Rig(relays: 2);
        var (a, b) = (rig.Start(1), rig.Start(2));
        for (var i = 0; i < 10; i++) await a.PushAsync(Bytes($"{i}"));
        Assert.Equal(10, (await Rig.TakeAsync(b, 10)).Count);
        await b.DisposeAsync();
        for (var i = 10; i < 20; i++) await a.PushAsync(Bytes($"{i}"));
        await Rig.UntilAsync(() => rig.Relays.All(r => r.Log.Count == 20), "all on both");

        // The primary lost everything, and took only what came afterwards.
        rig.Relays[0].Cut();
        rig.Relays[0].LogId = [.. Enumerable.Repeat((byte)9, 16)];
        rig.Relays[0].Rewrite(_ => []);
        await a.PushAsync(Bytes("20"));
        var again = rig.Start(2, rig.StoreOf(2));
        var texts = await Rig.TakeAsync(again, 11);
        Assert.Equal(Enumerable.Range(10, 11).Select(i => $"{i}"), texts.OrderBy(t => int.Parse(t, System.Globalization.CultureInfo.InvariantCulture)));
        await Rig.UntilAsync(() => again.Status.Vector.Equals(a.Status.Vector), "equal vectors");
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(again), e => e is Omission or Replay or Missed);
    }

    private static Task LiveAsync(params SyncClient[] clients) =>
        Rig.UntilAsync(() => clients.All(c => c.Status.Relays.All(r => r.State == SyncState.Live)), "all relays live");

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
