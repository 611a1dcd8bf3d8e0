using System.Security.Cryptography;
using Xunit;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A relay that sends without end what nobody can use: what a device takes of it is counted, and then that relay is read no more.</summary>
public sealed class FloodTests
{
    private const int BlobsMax = 16, BytesMax = 64 * 1024;

    [Fact]
    public async Task Garbage_takes_no_more_than_its_bounds_and_then_the_relay_is_not_read_any_more()
    {
        await using var rig = Bounded();
        for (ulong i = 1; i <= 40; i++) rig.Relay.Append(Rig.Id(1), i, BlobId.New(), RandomNumberGenerator.GetBytes(12 * 1024));
        var b = rig.Start(2);
        var stopped = await Rig.EventAsync<ReadingStopped>(b);
        Assert.Equal((ReadingStoppedReason.Undecryptable, Rig.Address), (stopped.Reason, stopped.Relay));
        var rows = rig.StoreOf(2).ReadQuarantine();
        Assert.Equal((BlobsMax, new Cursor(BlobsMax)), (rows.Count, b.Status.Received));
        Assert.InRange(rows.Sum(r => r.Envelope.Length), 48 * 1024, BytesMax);

        // Nothing is forgotten silently: of those beyond the bytes the hash is here.
        Assert.All(rows, r => Assert.Equal(r.Envelope.IsEmpty ? Envelope.HashSize : 0, r.Hash.Length));
        Assert.Contains(b.Status.OpenProblems, p => p.Contains("not read any more", StringComparison.Ordinal));
        await Assert.ThrowsAsync<SyncException>(() => b.CaughtUpAsync(TestContext.Current.CancellationToken));

        // Pushing goes on, and giving some up goes on with reading.
        await b.PushAsync(new byte[1], cancellationToken: TestContext.Current.CancellationToken);
        await b.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(BlobsMax, b.GiveUpUndecryptable());
        await Rig.UntilAsync(() => b.Status.Received == new Cursor(2 * BlobsMax), "read on to the bound again");
    }

    [Fact]
    public async Task Bounds_are_each_relays_own_and_another_relay_is_read_instead_also_after_a_restart()
    {
        await using var rig = Bounded(relays: 2);
        for (ulong i = 1; i <= 40; i++) rig.Relays[0].Append(Rig.Id(1), i, BlobId.New(), RandomNumberGenerator.GetBytes(100));
        foreach (var (id, sequence, envelope) in rig.Sealed(3, 3)) rig.Relays[1].Append(Rig.Id(3), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var b = rig.Start(2, store))
        {
            await Rig.EventAsync<ReadingStopped>(b);
            Assert.Equal(["3/1", "3/2", "3/3"], await Rig.TakeAsync(b, 3));
        }

        var again = rig.Start(2, store);
        await Rig.EventAsync<ReadingStopped>(again);
        foreach (var (id, sequence, envelope) in rig.Sealed(4, 1)) rig.Relays[1].Append(Rig.Id(4), sequence, id, envelope);
        Assert.Equal(["4/1"], await Rig.TakeAsync(again, 1));
        Assert.Equal(BlobsMax, store.ReadQuarantine().Count);
    }

    // A relay that begins its log anew again and again brings no more than one that doesn't.
    [Fact]
    public async Task New_logs_make_no_new_room()
    {
        await using var rig = Bounded();
        var store = new MemoryStateStore();
        for (byte log = 1; log <= 4; log++)
        {
            rig.Relay.LogId = [.. Enumerable.Repeat(log, 16)];
            rig.Relay.Rewrite(_ => []);
            for (ulong i = 1; i <= 10; i++) rig.Relay.Append(Rig.Id(1), i, BlobId.New(), RandomNumberGenerator.GetBytes(100));
            await using var b = rig.Start(2, store);
            if (log == 1) await Rig.UntilAsync(() => b.Status.Undecryptable == 10, "all in quarantine");
            else await Rig.EventAsync<ReadingStopped>(b);
        }

        Assert.Equal(BlobsMax, store.ReadQuarantine().Count);
    }

    [Fact]
    public async Task What_only_a_hash_was_kept_of_is_handed_over_when_it_is_read_again_with_the_right_key()
    {
        await using var rig = Bounded();
        var id = new List<BlobId>();
        var hash = new byte[32];
        for (ulong i = 1; i <= 5; i++)
        {
            id.Add(BlobId.New());
            var envelope = Envelope.Seal(rig.Keys(), rig.Group, id[^1], new EnvelopeHeader(Rig.Id(1), i, hash, 1000, null), new byte[20 * 1024]);
            hash = Envelope.Hash(envelope);
            rig.Relay.Append(Rig.Id(1), i, id[^1], envelope);
        }

        using var wrong = GroupSecret.Random();
        var store = new MemoryStateStore();
        await using (var b = rig.Start(2, store, new KeyRing(wrong, 1)))
        {
            await Rig.UntilAsync(() => b.Status.Undecryptable == 5, "all in quarantine");
            Assert.Equal(3, b.ListUndecryptable().Count(u => u.IsKept));
        }

        var right = rig.Start(2, store);
        Assert.Equal(3, (await Rig.TakeAsync(right, 3)).Count);
        var again = right.ReadAgainAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, (await Rig.TakeAsync(right, 2)).Count);
        await again;
        Assert.Empty(right.ListUndecryptable());
        Assert.Equal((5UL, new Cursor(5)), (right.Status.Vector[Rig.Id(1)], right.Status.Acked));
        Assert.DoesNotContain(await Rig.EventsSoFarAsync(right), e => e is Omission or Replay or Missed);
    }

    [Theory]
    [InlineData(BlobState.Deleted)]
    [InlineData(BlobState.Forgotten)]
    [InlineData(BlobState.Present)]
    public async Task Made_up_senders_are_counted_and_then_the_relay_is_not_read_any_more(BlobState state)
    {
        await using var rig = new Rig();
        rig.Options = rig.Options with { QuarantineBlobsMax = 65_536 };
        rig.Relay.Limits = rig.Relay.Limits with { PullBlobsMax = 100 };
        rig.Relay.Rewrite(_ => Enumerable.Range(1, 2000).Select(i => Stub(i, state, RandomNumberGenerator.GetBytes(DeviceId.Size), 1)));
        var b = rig.Start(2);
        Assert.Equal(ReadingStoppedReason.Senders, (await Rig.EventAsync<ReadingStopped>(b)).Reason);
        Assert.Equal(new Cursor(WireLimits.SendersMax), b.Status.Received);
        var stored = rig.StoreOf(2).Load();
        Assert.InRange(stored.Peers.Count + stored.Quarantine.Count, 1, WireLimits.SendersMax);
        await b.DisposeAsync();

        // Nor after a restart, nor in another log.
        rig.Relay.LogId = [.. Enumerable.Repeat((byte)9, 16)];
        var again = rig.Start(2, rig.StoreOf(2));
        await Rig.EventAsync<ReadingStopped>(again);
        stored = rig.StoreOf(2).Load();
        Assert.InRange(stored.Peers.Keys.Concat(stored.Quarantine.Select(q => q.Sender)).Distinct().Count(), 1, WireLimits.SendersMax);
    }

    // A stub with a hole before it is noted; nobody proves that there was a blob.
    [Fact]
    public async Task Made_up_places_behind_holes_are_counted_and_then_the_relay_is_not_read_any_more()
    {
        await using var rig = new Rig();
        rig.Relay.Limits = rig.Relay.Limits with { PullBlobsMax = 100 };
        var device = Rig.Id(7).ToArray();
        rig.Relay.Rewrite(_ => Enumerable.Range(1, WireLimits.UnprovedMax + 500).Select(i => Stub(i, BlobState.Deleted, device, 2 * (ulong)i)));
        var b = rig.Start(2);
        Assert.Equal(ReadingStoppedReason.Unproved, (await Rig.EventAsync<ReadingStopped>(b)).Reason);
        Assert.InRange(rig.StoreOf(2).Load().Ahead.Count, 1, WireLimits.UnprovedMax);
    }

    // Blobs without a payload, and what only moves the cursor, take memory too while the app does not read.
    [Fact]
    public async Task Empty_blobs_and_stubs_do_not_pile_up_before_an_app_that_does_not_read()
    {
        await using var rig = new Rig();
        rig.Options = rig.Options with { PrefetchBytes = 64 * 1024 };
        rig.Relay.Limits = rig.Relay.Limits with { PullBlobsMax = 100 };
        var hash = new byte[32];
        for (ulong i = 1; i <= 2000; i++)
        {
            var id = BlobId.New();
            var envelope = Envelope.Seal(rig.Keys(), rig.Group, id, new EnvelopeHeader(Rig.Id(1), i, hash, 1000, null), default);
            hash = Envelope.Hash(envelope);
            rig.Relay.Append(Rig.Id(1), i, id, envelope);
        }

        var b = rig.Start(2);
        await Rig.UntilAsync(() => rig.Relay.Pulls >= 2, "it reads ahead");
        await Rig.EventsSoFarAsync(b);
        Assert.InRange(rig.Relay.Pulls, 2, 5);
        Assert.Equal(2000, (await Rig.TakeAsync(b, 2000)).Count);
    }

    private static Rig Bounded(int relays = 1)
    {
        var rig = new Rig(relays);
        rig.Options = rig.Options with { QuarantineBlobsMax = BlobsMax, QuarantineBytesMax = BytesMax };
        return rig;
    }

    private static PulledBlob Stub(int cursor, BlobState state, byte[] sender, ulong sequence) =>
        new(new Cursor((ulong)cursor), state, new DeviceId(sender), sequence, BlobId.New(), 1, state == BlobState.Present ? new byte[80] : default);
}
