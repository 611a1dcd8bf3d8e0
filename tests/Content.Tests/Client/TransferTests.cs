using CsCheck;
using Xunit;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Wire;

namespace ZeroK.Content.Tests.Client;

/// <summary>Putting and getting, with what goes wrong on the way.</summary>
public sealed class TransferTests
{
    private const int Group = 16 * 1024;

    [Fact]
    public async Task What_was_put_comes_back_whatever_its_length() =>
        await Gen.Select(Gen.OneOf(Gen.Int[0, 100], Gen.Int[0, 300_000], Gen.Int[65_500, 65_540], Gen.Int[900_000, 1_500_000]), Gen.Int, Gen.Bool).SampleAsync(async (length, seed, asItArrives) =>
        {
            using var rig = new ContentRig();
            var content = ContentRig.Bytes(length, seed);
            var reference = await rig.PutAsync(content, new ContentOptions { Name = "a/b.bin", MediaType = "image/png" });
            Assert.Equal([reference], rig.Outbox.Pushed);
            Assert.Equal(("a/b.bin", "image/png", length), (reference.Name, reference.MediaType, reference.Length));
            Assert.Equal(content, await rig.GetAsync(reference, asItArrives));
            Assert.Empty(rig.Service.Transfers);
            Assert.Equal(0, ((MemoryTransferStore)rig.Store).Stages);
        }, iter: 25, threads: 1);

    [Fact]
    public async Task Every_range_comes_alone() =>
        await Gen.Select(Gen.Int[0, 700_000], Gen.Double[0, 1.1], Gen.Double[0, 1.1]).SampleAsync(async (length, from, to) =>
        {
            using var rig = new ContentRig();
            var content = ContentRig.Bytes(length);
            var reference = await rig.PutAsync(content);
            var (a, b) = ((int)(length * Math.Min(from, to)), (int)(length * Math.Max(from, to)));
            using var destination = new MemoryStream();
            await rig.Service.GetRangeAsync(reference, a, b - a, destination, null, CancellationToken.None);
            Assert.Equal(a >= length ? [] : content[a..Math.Min(b, length)], destination.ToArray());
            if (b < length) Assert.True(rig.Relay.Calls.Where(c => c.Call == ContentCall.Get).Sum(c => c.Count) <= b - a + (2 * SealedLayout.SegmentSize) + ((b - a) / 1000));
        }, iter: 25, threads: 1);

    [Fact]
    public async Task Reference_is_pushed_only_when_the_relay_has_the_content()
    {
        using var rig = new ContentRig();
        rig.Relay.Before = info =>
        {
            Assert.Empty(rig.Outbox.Pushed);
            return Task.CompletedTask;
        };
        var reference = await rig.PutAsync(ContentRig.Bytes(300_000), new ContentOptions { Preview = new MemoryStream([1, 2, 3]), PreviewMediaType = "image/webp" });
        Assert.True(rig.Relay.Has(reference.Hash));
        Assert.True(rig.Relay.Has(reference.Preview!.Hash));
        rig.Relay.Before = null;
        Assert.Equal([1, 2, 3], await rig.GetAsync(reference.Preview!));
        Assert.Equal("image/webp", reference.Preview!.MediaType);
    }

    [Fact]
    public async Task Put_that_was_killed_goes_on_from_what_the_relay_verified()
    {
        using var rig = new ContentRig();
        rig.Relay.Before = info => info.Call == ContentCall.Put && info.Offset >= 512 * 1024 ? throw new InvalidOperationException("killed") : Task.CompletedTask;
        await Assert.ThrowsAsync<InvalidOperationException>(() => rig.PutAsync(ContentRig.Bytes(2_000_000)));
        var sent = rig.Relay.Calls.Count;
        // A piece's size follows the measured rate: the last one before the kill may reach past its mark.
        var verified = rig.Relay.Calls.Where(c => c.Call == ContentCall.Put && c.Offset < 512 * 1024).Max(c => c.Offset + c.Count);
        Assert.InRange(verified, 512 * 1024, 1_999_999);
        rig.Relay.Before = null;
        var transfer = Assert.Single(rig.Restarted().Transfers);
        Assert.True(transfer.IsPut);

        var reports = new ContentRig.Reports();
        var reference = await rig.Service.ResumePutAsync(transfer.Id, reports, CancellationToken.None);
        Assert.Equal(verified, rig.Relay.Calls.Skip(sent).Where(c => c.Call == ContentCall.Put).Min(c => c.Offset));
        Assert.Equal(reference.SealedLength - verified, rig.Relay.Calls.Skip(sent).Where(c => c.Call == ContentCall.Put).Sum(c => c.Count));
        Assert.Equal(reference.SealedLength, reports.Last.Done);
        Assert.Equal(ContentRig.Bytes(2_000_000), await rig.GetAsync(reference));
        Assert.Single(rig.Outbox.Pushed);
    }

    [Fact]
    public async Task Get_that_was_killed_goes_on_from_the_last_verified_group() =>
        await Gen.Select(Gen.Int[0, 30], Gen.Int[100_000, 2_500_000], Gen.Bool).SampleAsync(async (pieces, length, asItArrives) =>
        {
            using var rig = new ContentRig();
            var content = ContentRig.Bytes(length);
            var reference = await rig.PutAsync(content);
            var left = pieces;
            var arrived = 0L;
            rig.Relay.OnTheWay = (info, bytes) =>
            {
                if (Interlocked.Decrement(ref left) < 0) throw new InvalidOperationException("killed");
                Interlocked.Add(ref arrived, info.Count);
                return bytes;
            };
            try
            {
                Assert.Equal(content, await rig.GetAsync(reference, asItArrives));
                return;
            }
            catch (InvalidOperationException)
            {
                rig.Restarted();
            }

            rig.Relay.OnTheWay = (info, bytes) =>
            {
                Interlocked.Add(ref arrived, info.Count);
                return bytes;
            };
            Assert.Equal(content, await rig.GetAsync(reference, asItArrives));

            // Pieces that were under way behind the killed one may come again; what was taken does not.
            Assert.True(arrived <= reference.SealedLength + TransferWindow.Max + (2 * Group), $"{arrived} of {reference.SealedLength}");
        }, iter: 25, threads: 1);

    [Fact]
    public async Task Broken_connections_are_bridged_without_repeating_what_was_taken()
    {
        using var rig = new ContentRig();
        var content = ContentRig.Bytes(1_500_000);
        var calls = 0;
        rig.Relay.Before = info => Interlocked.Increment(ref calls) % 5 == 0 ? throw new IOException("cut") : Task.CompletedTask;
        var reference = await rig.PutAsync(content);
        Assert.Equal(content, await rig.GetAsync(reference));
        Assert.Single(rig.Outbox.Pushed);
    }

    [Fact]
    public async Task Damaged_leftover_is_fetched_again_from_where_it_is_damaged()
    {
        using var rig = new ContentRig();
        var content = ContentRig.Bytes(1_000_000);
        var reference = await rig.PutAsync(content);
        rig.Relay.Before = info => info.Call == ContentCall.Get && info.Offset >= 640 * 1024 ? throw new InvalidOperationException("killed") : Task.CompletedTask;
        await Assert.ThrowsAsync<InvalidOperationException>(() => rig.GetAsync(reference));
        using (var stage = rig.Store.Open(TransferKind.Get, reference.Id)) stage.WriteContent(200_000, [1, 2, 3]);
        rig.Relay.Before = null;
        var before = rig.Relay.Calls.Count;
        rig.Restarted();
        Assert.Equal(content, await rig.GetAsync(reference));
        Assert.Equal(200_000 / Group * Group, rig.Relay.Calls.Skip(before).First().Offset);
    }

    [Fact]
    public async Task Quota_is_told_with_limit_use_and_need_and_the_put_is_kept()
    {
        using var rig = new ContentRig();
        await rig.PutAsync(ContentRig.Bytes(100_000));
        rig.Relay.QuotaBytes = 200_000;
        var error = await Assert.ThrowsAsync<ContentTransferException>(() => rig.PutAsync(ContentRig.Bytes(150_000)));
        Assert.Equal(ErrorCode.GroupQuotaExceeded, error.Code);
        var layout = new SealedLayout(150_000);
        Assert.Equal(new ContentQuota(200_000, new SealedLayout(100_000).SealedLength, layout.SealedLength), error.Quota);
        Assert.Contains("200000", error.Message, StringComparison.Ordinal);
        Assert.Contains(layout.SealedLength.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        Assert.Single(rig.Outbox.Pushed);
        Assert.Equal(error.Transfer, Assert.Single(rig.Service.Transfers).Id);

        rig.Relay.QuotaBytes = long.MaxValue;
        var reference = await rig.Service.ResumePutAsync(error.Transfer!.Value, null, CancellationToken.None);
        Assert.Equal(ContentRig.Bytes(150_000), await rig.GetAsync(reference));
        Assert.Equal(2, rig.Outbox.Pushed.Count);
        Assert.Empty(rig.Service.Transfers);
    }

    [Fact]
    public async Task Crash_between_push_and_forgetting_does_not_push_twice()
    {
        using var rig = new ContentRig();
        rig.Outbox.CrashAfterPush = new InvalidOperationException("killed");
        await Assert.ThrowsAsync<InvalidOperationException>(() => rig.PutAsync(ContentRig.Bytes(1000)));
        rig.Outbox.CrashAfterPush = null;
        var transfer = Assert.Single(rig.Restarted().Transfers);
        await rig.Service.ResumePutAsync(transfer.Id, null, CancellationToken.None);
        Assert.Single(rig.Outbox.Pushed);
        Assert.Empty(rig.Restarted().Transfers);
    }

    [Fact]
    public async Task Changed_piece_is_asked_for_again_and_then_refused()
    {
        using var rig = new ContentRig();
        var content = ContentRig.Bytes(400_000);
        var reference = await rig.PutAsync(content);
        var wrong = 1;
        rig.Relay.OnTheWay = (info, bytes) =>
        {
            if (Interlocked.Decrement(ref wrong) >= 0) bytes[bytes.Length / 2] ^= 1;
            return bytes;
        };
        Assert.Equal(content, await rig.GetAsync(reference));
        wrong = int.MaxValue;
        using var destination = new MemoryStream();
        await Assert.ThrowsAsync<ContentException>(() => rig.Service.GetAsync(reference, destination, false, null, CancellationToken.None));
        Assert.Equal(0, destination.Length);
        using var streamed = new MemoryStream();
        await Assert.ThrowsAsync<ContentException>(() => rig.Service.GetAsync(reference, streamed, true, null, CancellationToken.None));
        Assert.True(streamed.Length < content.Length && content.AsSpan().StartsWith(streamed.ToArray()));
    }

    [Fact]
    public async Task What_verifies_but_does_not_open_gives_no_byte()
    {
        using var rig = new ContentRig();
        var reference = await rig.PutAsync(ContentRig.Bytes(400_000));
        var swapped = reference with { Id = ContentId.New() };
        using var destination = new MemoryStream();
        await Assert.ThrowsAsync<ContentException>(() => rig.Service.GetAsync(swapped, destination, false, null, CancellationToken.None));
        Assert.Equal(0, destination.Length);
        Assert.Empty(rig.Service.Transfers);
        await Assert.ThrowsAsync<ContentTransferException>(() => rig.GetAsync(reference with { Epoch = 2 }));
    }

    [Fact]
    public async Task Released_content_frees_its_space_and_is_gone()
    {
        using var rig = new ContentRig();
        var reference = await rig.PutAsync(ContentRig.Bytes(1000), new ContentOptions { Preview = new MemoryStream(new byte[10]) });
        await rig.Service.ReleaseAsync(reference, CancellationToken.None);
        Assert.Equal(0, rig.Relay.Stored);
        await Assert.ThrowsAsync<ContentTransferException>(() => rig.GetAsync(reference));
    }

    [Fact]
    public async Task Many_transfers_run_at_a_time_and_take_turns()
    {
        using var rig = new ContentRig();
        var contents = Enumerable.Range(0, 3).Select(i => ContentRig.Bytes(10_000_000, i)).ToList();
        var references = await Task.WhenAll(contents.Select(c => rig.PutAsync(c)));

        // Compiled before it counts: none is through before the others have begun.
        await rig.GetAsync(references[0]);
        var before = rig.Relay.Calls.Count;
        var got = await Task.WhenAll(references.Select(r => rig.GetAsync(r)));
        Assert.All(Enumerable.Range(0, 3), i => Assert.True(contents[i].AsSpan().SequenceEqual(got[i]), "Another content came."));
        var order = rig.Relay.Calls.Skip(before).Where(c => c.Call == ContentCall.Get).Select(c => c.Hash).ToList();
        Assert.True(references.Max(r => order.IndexOf(r.Hash)) < references.Min(r => order.LastIndexOf(r.Hash)), "One waited for another to end.");
    }

    [Fact]
    public async Task Dropped_transfer_leaves_nothing_behind()
    {
        using var rig = new ContentRig();
        rig.Relay.QuotaBytes = 0;
        var error = await Assert.ThrowsAsync<ContentTransferException>(() => rig.PutAsync(ContentRig.Bytes(1000)));
        Assert.True(rig.Service.Drop(error.Transfer!.Value));
        Assert.False(rig.Service.Drop(error.Transfer!.Value));
        Assert.Empty(rig.Restarted().Transfers);
        Assert.Equal(0, ((MemoryTransferStore)rig.Store).Stages);
    }

    [Fact]
    public async Task Sealing_that_was_killed_leaves_nothing_behind_after_the_next_start()
    {
        using var rig = new ContentRig();
        using (var stage = rig.Store.Open(TransferKind.Put, ContentId.New())) stage.WriteContent(0, [1]);
        rig.Restarted();
        Assert.Equal(0, ((MemoryTransferStore)rig.Store).Stages);
    }
}
