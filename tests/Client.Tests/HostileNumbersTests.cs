using System.Text;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Numbers that no store can hold, from a member or a relay: they stop nothing but themselves. On the real store.</summary>
public sealed class HostileNumbersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zerok-client-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task Sealed_sequence_that_no_store_holds_is_set_aside_and_what_follows_is_acknowledged(ulong sequence)
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 3);
        Append(rig, blobs[0], blobs[1]);
        var id = BlobId.New();
        rig.Relay.Append(Rig.Id(3), 1, id, Envelope.Seal(rig.Keys(), rig.Group, id, new EnvelopeHeader(Rig.Id(3), sequence, new byte[32], 1000, null), "bad"u8));
        Append(rig, blobs[2]);
        await using (var b = rig.Start(2, Store()))
        {
            Assert.Equal(["1/1", "1/2", "1/3"], await Rig.TakeAsync(b, 3));
            Assert.Equal(UndecryptableReason.Malformed, (await Rig.EventAsync<Undecryptable>(b)).Reason);
            Assert.Equal((new Cursor(4), 1L, 3UL), (b.Status.Received, b.Status.Undecryptable, b.Status.Vector[Rig.Id(1)]));
        }

        var again = rig.Start(2, Store());
        Append(rig, rig.Sealed(4, 1)[0], device: 4);
        Assert.Equal(["4/1"], await Rig.TakeAsync(again, 1));
        Assert.Equal(new Cursor(5), again.Status.Received);
    }

    // By NOTIFY, PRESENCE and WELCOME alike.
    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task Head_that_no_log_can_have_is_refused_and_an_honest_relay_goes_on(ulong head)
    {
        await using var rig = new Rig(relays: 2);
        var blobs = rig.Sealed(1, 4);
        foreach (var relay in rig.Relays) relay.Append(Rig.Id(1), 1, blobs[0].Id, blobs[0].Envelope);
        var b = rig.Start(2, Store());
        Assert.Equal(["1/1"], await Rig.TakeAsync(b, 1));
        rig.Relay.ToldHead = new Cursor(head);
        rig.Relay.Append(Rig.Id(1), 2, blobs[1].Id, blobs[1].Envelope);
        await Rig.EventAsync<RelayMisbehaved>(b);
        foreach (var (id, sequence, envelope) in blobs.Skip(1)) rig.Relays[1].Append(Rig.Id(1), sequence, id, envelope);
        Assert.Equal(["1/2", "1/3", "1/4"], await Rig.TakeAsync(b, 3));
        await Rig.UntilAsync(() => rig.Relays[1].AckOf(Rig.Id(2)) == new Cursor(4), "acknowledged at the honest one");
        Assert.True(b.Status.Relays[0].Head.Value <= 2, "The head was kept.");
    }

    // The highest that a store holds is a number; that the log does not have it must not make a busy loop of pulls.
    [Fact]
    public async Task Head_that_the_log_does_not_have_is_asked_for_once_each_time_that_it_is_told()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 3);
        Append(rig, blobs[0]);
        var b = rig.Start(2, Store());
        Assert.Equal(["1/1"], await Rig.TakeAsync(b, 1));
        rig.Relay.ToldHead = new Cursor(WireLimits.NumberMax);
        Append(rig, blobs[1]);
        Assert.Equal(["1/2"], await Rig.TakeAsync(b, 1));
        rig.Relay.ToldHead = null;
        await Rig.UntilAsync(() => b.Status.State == SyncState.Live, "caught up with what there is");
        Append(rig, blobs[2]);
        Assert.Equal(["1/3"], await Rig.TakeAsync(b, 1));
        Assert.InRange(rig.Relay.Pulls, 3, 8);
        Assert.Equal(new Cursor(3), b.Status.Received);
    }

    [Fact]
    public async Task Item_that_the_store_can_not_hold_goes_aside_alone_and_the_others_are_committed()
    {
        await using var rig = new Rig();
        Append(rig, rig.Sealed(1, 3).ToArray());
        foreach (var blob in rig.Sealed(3, 2)) Append(rig, blob, device: 3);
        var store = new FaultyStateStore(Store()) { CannotHold = c => c is PeerChanged { Device: var d, State.Contiguous: 2 } && d == Rig.Id(1) };
        await using (var b = rig.Start(2, store))
        {
            Assert.Equal(["1/1", "1/2", "1/3", "3/1", "3/2"], await Rig.TakeAsync(b, 5));
            Assert.Equal((UndecryptableReason.NotStorable, new Cursor(2)), (await Rig.EventAsync<Undecryptable>(b)) switch { var u => (u.Reason, u.Cursor) });
            Assert.Equal((new Cursor(5), new Cursor(1), 2UL), (b.Status.Received, b.Status.Acked, b.Status.Vector[Rig.Id(3)]));
        }

        var again = rig.Start(2, Store());
        Append(rig, rig.Sealed(4, 1)[0], device: 4);
        Assert.Equal(["4/1"], await Rig.TakeAsync(again, 1));
        Assert.Equal((3UL, 1UL), (again.Status.Vector[Rig.Id(1)], again.Status.Vector[Rig.Id(4)]));
    }

    // One acknowledgement may carry many items.
    [Fact]
    public async Task Batch_with_an_item_that_the_store_can_not_hold_is_committed_but_for_that_one()
    {
        await using var rig = new Rig();
        Append(rig, rig.Sealed(1, 1).ToArray());
        foreach (var blob in rig.Sealed(3, 1)) Append(rig, blob, device: 3);
        foreach (var blob in rig.Sealed(4, 1)) Append(rig, blob, device: 4);
        var store = new FaultyStateStore(Store()) { CannotHold = c => c is PeerChanged { Device: var d } && d == Rig.Id(3) };
        var b = rig.Start(2, store);
        await Rig.UntilAsync(() => b.Status.State == SyncState.Live, "all fetched");
        await foreach (var batch in b.ReceiveBatchesAsync(10, TestContext.Current.CancellationToken))
        {
            Assert.Equal(3, batch.Count);
            await batch[^1].AckAsync(TestContext.Current.CancellationToken);
            break;
        }

        Assert.Equal((1UL, 0UL, 1UL), (store.Load().Peers.GetValueOrDefault(Rig.Id(1))?.Contiguous ?? 0, store.Load().Peers.GetValueOrDefault(Rig.Id(3))?.Contiguous ?? 0, store.Load().Peers.GetValueOrDefault(Rig.Id(4))?.Contiguous ?? 0));
        Assert.Equal((new Cursor(3), new Cursor(1)), (b.Status.Received, b.Status.Acked));
    }

    [Fact]
    public async Task After_an_acknowledgement_that_failed_and_happened_an_earlier_one_leaves_the_disk_where_it_is()
    {
        await using var rig = new Rig();
        Append(rig, rig.Sealed(1, 4).ToArray());
        var store = new FaultyStateStore(Store());
        var b = rig.Start(2, store);
        await Rig.UntilAsync(() => b.Status.State == SyncState.Live, "all fetched");
        var taken = new List<ReceivedBlob>();
        await foreach (var blob in b.ReceiveAsync(TestContext.Current.CancellationToken))
        {
            taken.Add(blob);
            if (taken.Count == 4) break;
        }

        store.FailCommit(happens: true);
        await Assert.ThrowsAsync<IOException>(async () => await taken[2].AckAsync());
        await taken[0].AckAsync(TestContext.Current.CancellationToken);
        var state = store.Load();
        Assert.Equal((3UL, 3UL), (state.Relays[0].Received.Value, state.Peers[Rig.Id(1)].Contiguous));
        await b.DisposeAsync();
        var again = rig.Start(2, Store());
        Assert.Equal(["1/4"], await Rig.TakeAsync(again, 1));
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(again), e => e is Replay or Omission);
    }

    [Theory]
    [InlineData(0, 1, 2, 3)]
    [InlineData(3, 0, 2, 1)]
    [InlineData(1, 1, 0, 3)]
    [InlineData(2, 3, 3, 0)]
    public async Task App_may_acknowledge_in_any_order_and_more_than_once(params int[] order)
    {
        await using var rig = new Rig();
        Append(rig, rig.Sealed(1, 4).ToArray());
        var store = Store();
        await using (var b = rig.Start(2, store))
        {
            var taken = new List<ReceivedBlob>();
            await foreach (var blob in b.ReceiveAsync(TestContext.Current.CancellationToken))
            {
                taken.Add(blob);
                if (taken.Count == 4) break;
            }

            var highest = 0;
            foreach (var at in order)
            {
                await taken[at].AckAsync(TestContext.Current.CancellationToken);
                highest = Math.Max(highest, at + 1);
                Assert.Equal((ulong)highest, b.Status.Received.Value);
            }

            await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(4), "the relay was told");
        }

        Append(rig, rig.Sealed(3, 1)[0], device: 3);
        Assert.Equal(["3/1"], await Rig.TakeAsync(rig.Start(2, Store()), 1));
    }

    [Theory]
    [InlineData(1960)]
    [InlineData(9998)]
    public async Task Clock_far_off_makes_no_blob_that_nobody_can_open(int year)
    {
        await using var rig = new Rig();
        rig.Options = rig.Options with { Time = new FakeTimeProvider(new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero)) };
        var a = rig.Start(1);
        await a.PushAsync(Encoding.UTF8.GetBytes("when"), cancellationToken: TestContext.Current.CancellationToken);
        await a.FlushAsync(TestContext.Current.CancellationToken);
        rig.Options = rig.Options with { Time = TimeProvider.System };
        var b = rig.Start(2);
        await foreach (var blob in b.ReceiveAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(Math.Max(1970, year), blob.SentAt.Year);
            break;
        }

        Assert.Equal(0, b.Status.Undecryptable);
    }

    [Theory]
    [InlineData(253_402_300_800_000)]
    [InlineData(ulong.MaxValue)]
    public async Task Blob_of_an_older_program_whose_clock_said_nonsense_is_opened(ulong sentAtMs)
    {
        await using var rig = new Rig();
        var id = BlobId.New();
        rig.Relay.Append(Rig.Id(1), 1, id, Envelope.Seal(rig.Keys(), rig.Group, id, new EnvelopeHeader(Rig.Id(1), 1, new byte[32], sentAtMs, null), "here"u8));
        Assert.Equal(["here"], await Rig.TakeAsync(rig.Start(2), 1));
    }

    private SqliteStateStore Store() => new(Path.Combine(_folder, "state.db"));

    private static void Append(Rig rig, params (BlobId Id, ulong Sequence, byte[] Envelope)[] blobs)
    {
        foreach (var blob in blobs) Append(rig, blob, device: 1);
    }

    private static void Append(Rig rig, (BlobId Id, ulong Sequence, byte[] Envelope) blob, byte device) => rig.Relay.Append(Rig.Id(device), blob.Sequence, blob.Id, blob.Envelope);
}
