using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A device to which something will never come says so until the app has it from elsewhere.</summary>
public sealed class NeedsStateTests
{
    [Fact]
    public async Task Device_that_joined_late_needs_state_over_restarts_until_the_app_has_it()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 6)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        rig.Relay.HistoryStart = 4;
        var store = new MemoryStateStore();
        await using (var b = rig.Start(2, store))
        {
            Assert.Equal(3, (await Rig.TakeAsync(b, 3)).Count);
            Assert.True(b.Status.NeedsState);
            Assert.NotEmpty(b.Status.OpenProblems);
        }

        Assert.True(StateReader.From(store.Load(), Rig.Id(2), [Rig.Address]).NeedsState);
        await using (var b = rig.Start(2, store))
        {
            Assert.Equal(new Cursor(4), (await Rig.EventAsync<HistoryBegins>(b)).First);
            var once = await b.SyncOnceAsync((_, _) => ValueTask.CompletedTask, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            Assert.Equal((false, true, true), (once.IsCaughtUp, once.NeedsState, once.IsFlushed));
            await b.ConfirmStateAsync(TestContext.Current.CancellationToken);
            Assert.False(b.Status.NeedsState);
            Assert.Empty(b.Status.OpenProblems);
        }

        await using var last = rig.Start(2, store);
        Assert.True((await last.SyncOnceAsync((_, _) => ValueTask.CompletedTask, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).IsCaughtUp);
        Assert.False(StateReader.From(store.Load(), Rig.Id(2), [Rig.Address]).NeedsState);
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(last), e => e is HistoryBegins);
    }

    [Fact]
    public async Task Device_that_gets_all_there_was_needs_nothing()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 6)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(6, (await Rig.TakeAsync(b, 6)).Count);
        Assert.False(b.Status.NeedsState);
    }

    [Fact]
    public async Task Device_that_was_away_too_long_needs_state_too()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 10);
        foreach (var (id, sequence, envelope) in blobs.Take(2)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var b = rig.Start(2, store)) Assert.Equal(2, (await Rig.TakeAsync(b, 2)).Count);
        foreach (var (id, sequence, envelope) in blobs.Skip(2)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        (rig.Relay.HistoryStart, rig.Relay.ExpiredThrough) = (8, new Cursor(7));
        await using (var b = rig.Start(2, store)) Assert.Equal(["1/8", "1/9", "1/10"], await Rig.TakeAsync(b, 3));
        await using var again = rig.Start(2, store);
        Assert.True(again.Status.NeedsState);
    }
}
