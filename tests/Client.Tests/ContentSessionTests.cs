using Xunit;
using ZeroK.Client.Content;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Large contents through sessions, beside the sync.</summary>
public sealed class ContentSessionTests
{
    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static async Task<ContentReference> ReceivedAsync(SyncClient client, CancellationToken token)
    {
        await foreach (var blob in client.ReceiveAsync(token))
        {
            await blob.AckAsync(token);
            if (blob.Content is { } content) return content;
        }

        throw new InvalidOperationException("No reference came.");
    }

    [Fact]
    public async Task Content_goes_from_one_device_to_another_by_its_reference_while_the_sender_is_gone()
    {
        await using var rig = new Rig();
        using var patience = Rig.Patience();
        var content = Bytes(3_000_000);
        var sender = rig.Start(1);
        var put = await sender.PutContentAsync(new MemoryStream(content), new ContentOptions { Name = "film" }, null, patience.Token);
        await sender.FlushAsync(patience.Token);
        await sender.DisposeAsync();

        var receiver = rig.Start(2);
        var reference = await ReceivedAsync(receiver, patience.Token);
        Assert.Equal(put, reference);
        using var got = new MemoryStream();
        await receiver.GetContentAsync(reference, got, cancellationToken: patience.Token);
        Assert.Equal(content, got.ToArray());
        using var range = new MemoryStream();
        await receiver.GetContentRangeAsync(reference, 1_000_000, 10, range, cancellationToken: patience.Token);
        Assert.Equal(content[1_000_000..1_000_010], range.ToArray());
        await receiver.ReleaseContentAsync(reference, patience.Token);
        await Assert.ThrowsAsync<ContentTransferException>(() => receiver.GetContentAsync(reference, Stream.Null, cancellationToken: patience.Token));
    }

    [Fact]
    public async Task Content_that_the_primary_does_not_have_is_fetched_from_another_relay()
    {
        await using var rig = new Rig(relays: 2);
        using var patience = Rig.Patience();
        var content = Bytes(700_000);
        rig.Relays[0].IsDown = true;
        var sender = rig.Start(1);
        await sender.PutContentAsync(new MemoryStream(content), null, null, patience.Token);
        rig.Relays[0].IsDown = false;

        var receiver = rig.Start(2);
        var reference = await ReceivedAsync(receiver, patience.Token);
        await Rig.UntilAsync(() => receiver.Status.Relays is [{ IsPrimary: true, ConnectedAt: not null }, { ConnectedAt: not null }], "both relays connected, the first in the lead");
        using var got = new MemoryStream();
        await receiver.GetContentAsync(reference, got, cancellationToken: patience.Token);
        Assert.Equal(content, got.ToArray());
        Assert.False(rig.Relays[0].Contents.Has(reference.Hash));

        // Where no connected relay has it, the primary's word is told.
        rig.Relays[1].IsDown = true;
        rig.Relays[1].Cut();
        await Rig.UntilAsync(() => receiver.Status.Relays[1].ConnectedAt is null, "the second relay gone");
        var refused = await Assert.ThrowsAsync<ContentTransferException>(() => receiver.GetContentAsync(reference, Stream.Null, cancellationToken: patience.Token));
        Assert.Equal(ErrorCode.ContentNotFound, refused.Code);
    }

    // The relay holds its answers back: what is under way stands still, as on a slow line. A push made now must not find a queue before it.
    [Fact]
    public async Task Small_push_waits_behind_no_more_than_the_window_of_a_large_transfer()
    {
        await using var rig = new Rig();
        using var patience = Rig.Patience();
        var release = new TaskCompletionSource();
        rig.Relay.Contents.Before = call => call.Call == ContentCall.Put ? release.Task : Task.CompletedTask;
        var client = rig.Start(1);
        var putting = client.PutContentAsync(new MemoryStream(Bytes(20_000_000)), null, null, patience.Token);
        await Rig.UntilAsync(() => Pieces(rig) > 0, "the transfer began");
        await client.PushAsync("small"u8.ToArray(), cancellationToken: patience.Token);
        await client.FlushAsync(patience.Token);
        Assert.InRange(Pieces(rig), 1, 256 * 1024 / TransferWindow.Min);
        Assert.False(putting.IsCompleted);
        release.SetResult();
        await putting;
        List<WireMessage> order;
        lock (rig.Relay.Order) order = [.. rig.Relay.Order];
        Assert.InRange(order.TakeWhile(m => m is not Push).Count(m => m is ContentPiece), 1, 256 * 1024 / TransferWindow.Min);
    }

    [Fact]
    public async Task Transfer_goes_on_through_broken_connections_and_its_reference_comes_once()
    {
        await using var rig = new Rig();
        using var patience = Rig.Patience();
        var cuts = 0;
        rig.Relay.Contents.Before = call =>
        {
            if (call.Call is ContentCall.Put or ContentCall.Get && call.Offset > 0 && cuts < 4 && Interlocked.Increment(ref cuts) <= 4) rig.Relay.Cut();
            return Task.CompletedTask;
        };
        var content = Bytes(2_000_000);
        var (sender, receiver) = (rig.Start(1), rig.Start(2));
        await sender.PutContentAsync(new MemoryStream(content), null, null, patience.Token);
        var reference = await ReceivedAsync(receiver, patience.Token);
        using var got = new MemoryStream();
        await receiver.GetContentAsync(reference, got, cancellationToken: patience.Token);
        Assert.Equal(content, got.ToArray());
        Assert.True(cuts >= 4);
        await sender.FlushAsync(patience.Token);
        Assert.Single(rig.Relay.Log);
    }

    [Fact]
    public async Task Quota_and_store_errors_reach_the_caller_typed_and_the_reference_is_not_pushed()
    {
        await using var rig = new Rig();
        using var patience = Rig.Patience();
        rig.Relay.Contents.QuotaBytes = 1000;
        var client = rig.Start(1);
        await client.ListDevicesAsync(patience.Token);

        // Told before anything is sealed, by a relay that is connected; otherwise when it is sent.
        var before = await Assert.ThrowsAsync<ContentTransferException>(() => client.PutContentAsync(new MemoryStream(Bytes(5000)), null, null, patience.Token));
        Assert.Equal((ErrorCode.GroupQuotaExceeded, null), (before.Code, before.Transfer));
        Assert.Empty(client.ContentTransfers);
        var error = await Assert.ThrowsAsync<ContentTransferException>(() => client.PutUncheckedAsync(new MemoryStream(Bytes(5000)), patience.Token));
        Assert.Equal(ErrorCode.GroupQuotaExceeded, error.Code);
        Assert.Equal(1000, error.Quota!.LimitBytes);
        rig.Relay.Contents.QuotaBytes = long.MaxValue;
        rig.Relay.Contents.Before = _ => throw new ContentRefusedException(ErrorCode.StorageFull, 0, "");
        Assert.Equal(ErrorCode.StorageFull, (await Assert.ThrowsAsync<ContentTransferException>(() => client.ResumePutAsync(error.Transfer!.Value, null, patience.Token))).Code);
        Assert.Empty(rig.Relay.Log);
        rig.Relay.Contents.Before = null;
        await client.ResumePutAsync(Assert.Single(client.ContentTransfers).Id, null, patience.Token);
        await client.FlushAsync(patience.Token);
        Assert.Single(rig.Relay.Log);
    }

    [Fact]
    public async Task Outbox_knows_whether_a_reference_was_pushed()
    {
        await using var rig = new Rig();
        using var patience = Rig.Patience();
        rig.Relay.IsDown = true;
        var client = rig.Start(1, new MemoryStateStore());
        var outbox = client.References;
        var reference = new ContentReference { Id = ContentId.New(), Epoch = 1, Length = 1, Hash = ZeroK.Content.Blake3.Hash([1]) };
        var before = outbox.LastSequence;
        Assert.False(outbox.WasPushed(reference, before));
        await client.PushAsync("other"u8.ToArray(), cancellationToken: patience.Token);
        Assert.False(outbox.WasPushed(reference, before));
        await outbox.PushAsync(reference, patience.Token);
        Assert.True(outbox.WasPushed(reference, before));
        Assert.False(outbox.WasPushed(reference with { Id = ContentId.New() }, before));
        rig.Relay.IsDown = false;
        await client.FlushAsync(patience.Token);
        Assert.Null(outbox.WasPushed(reference, before));
    }

    private static int Pieces(Rig rig)
    {
        lock (rig.Relay.Order) return rig.Relay.Order.Count(m => m is ContentPiece);
    }
}
