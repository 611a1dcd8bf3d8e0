using System.Text;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class SyncClientTests
{
    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public async Task What_one_device_pushes_the_other_receives_in_order()
    {
        await using var rig = new Rig();
        var (a, b) = (rig.Start(1), rig.Start(2));
        for (var i = 0; i < 250; i++) await a.PushAsync(Bytes($"text {i}"), $"label {i}");
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);

        var received = await Rig.TakeAsync(b, 250);

        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"text {i}"), received);
        Assert.Equal(a.Status.Vector, b.Status.Vector);
        Assert.Equal(0, a.Status.PendingBlobs);
    }

    [Fact]
    public async Task Receipt_tells_the_cursor_once_the_relay_has_it()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        var receipt = await a.PushAsync(Bytes("x"));
        using var patience = Rig.Patience();
        Assert.Equal(1UL, receipt.Sequence);
        Assert.Equal(new Cursor(1), await receipt.Durable.WaitAsync(patience.Token));
        Assert.Equal(receipt.BlobId, rig.Relay.Log[0].Id);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Connection_cut_around_the_acknowledgement_makes_no_second_copy_and_loses_nothing(int cut)
    {
        await using var rig = new Rig();
        rig.Relay.CutAtPush = cut;
        var (a, b) = (rig.Start(1), rig.Start(2));
        for (var i = 0; i < 20; i++) await a.PushAsync(Bytes($"{i}"));
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);

        Assert.Equal(20, rig.Relay.Log.Count);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), await Rig.TakeAsync(b, 20));
    }

    [Fact]
    public async Task Retried_push_is_the_same_bytes_under_the_same_id()
    {
        await using var rig = new Rig();
        rig.Relay.CutAtPush = 1;
        var a = rig.Start(1);
        await a.PushAsync(Bytes("once"));
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);

        Assert.Equal(2, rig.Relay.Pushes.Count);
        var (first, second) = (rig.Relay.Pushes[0].Blobs[0], rig.Relay.Pushes[1].Blobs[0]);
        Assert.Equal(first.Id, second.Id);
        Assert.True(first.Envelope.Span.SequenceEqual(second.Envelope.Span));
        Assert.Single(rig.Relay.Log);
    }

    [Fact]
    public async Task Outbox_entry_stays_until_its_acknowledgement_and_goes_out_after_a_restart()
    {
        await using var rig = new Rig();
        rig.Relay.IsDown = true;
        var store = new MemoryStateStore();
        await using (var first = rig.Start(1, store))
        {
            await first.PushAsync(Bytes("kept"));
            Assert.Equal(1, first.Status.PendingBlobs);
        }

        rig.Relay.IsDown = false;
        var again = rig.Start(1, store);
        using var patience = Rig.Patience();
        await again.FlushAsync(patience.Token);
        Assert.Single(rig.Relay.Log);
        Assert.Equal(0, store.Load().OutboxBlobs);
    }

    [Fact]
    public async Task Own_push_does_not_move_the_read_cursor_past_unread_blobs_of_others()
    {
        await using var rig = new Rig();
        var store = new MemoryStateStore();
        var (a, b) = (rig.Start(1), rig.Start(2, store));
        using var patience = Rig.Patience();
        await a.PushAsync(Bytes("unread"));
        await a.FlushAsync(patience.Token);
        await b.PushAsync(Bytes("own"));
        await b.FlushAsync(patience.Token);

        // A third blob makes b fetch on, past the stub of its own, with the first still unread.
        await a.PushAsync(Bytes("later"));
        await a.FlushAsync(patience.Token);
        await Rig.UntilAsync(() => b.Status.Head == new Cursor(3) && b.Status.State == SyncState.Live, "all is fetched");
        Assert.Equal(Cursor.Zero, b.Status.Received);

        await b.DisposeAsync();
        var again = rig.Start(2, store);
        Assert.Equal(["unread", "later"], await Rig.TakeAsync(again, 2));
        await again.CaughtUpAsync(patience.Token);
        Assert.Equal(new Cursor(3), again.Status.Received);
    }

    [Fact]
    public async Task Everything_is_pulled_though_a_page_holds_only_ten()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 95)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(Enumerable.Range(1, 95).Select(i => $"1/{i}"), await Rig.TakeAsync(b, 95));
        Assert.Equal(new Cursor(95), b.Status.Received);
    }

    [Fact]
    public async Task Unacknowledged_blob_is_handed_over_again_after_a_restart_and_an_acknowledged_one_is_not()
    {
        await using var rig = new Rig();
        var store = new MemoryStateStore();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 3)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        await using (var first = rig.Start(2, store))
        {
            Assert.Equal(["1/1"], await Rig.TakeAsync(first, 1));
            Assert.Equal(["1/2"], await Rig.TakeAsync(first, 1, ack: false));
        }

        var again = rig.Start(2, store);
        Assert.Equal(["1/2", "1/3"], await Rig.TakeAsync(again, 2));
        await Rig.UntilAsync(() => rig.Relay.AckOf(Rig.Id(2)) == new Cursor(3), "the acknowledgement");
    }

    [Fact]
    public async Task New_reader_begins_with_the_first_that_was_not_acknowledged()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 3)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        Assert.Equal(["1/1", "1/2"], await Rig.TakeAsync(b, 2, ack: false));
        Assert.Equal(["1/1", "1/2", "1/3"], await Rig.TakeAsync(b, 3));
    }

    [Fact]
    public async Task Reconnect_goes_on_to_the_only_relay_however_often_it_fails()
    {
        await using var rig = new Rig();
        rig.Relay.IsDown = true;
        var a = rig.Start(1);
        await a.PushAsync(Bytes("later"));
        await Rig.UntilAsync(() => rig.Relay.Dials > 12, "many tries");
        Assert.Equal(Rig.Address, a.Status.Relay);
        rig.Relay.IsDown = false;
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);
        Assert.Single(rig.Relay.Log);
    }

    [Fact]
    public async Task Refusal_for_good_stops_the_client_and_says_what_to_do()
    {
        await using var rig = new Rig();
        rig.Relay.RefuseHello = ErrorCode.Unauthorized;
        var a = rig.Start(1);
        await a.PushAsync(Bytes("kept"));
        using var patience = Rig.Patience();
        var refused = await Assert.ThrowsAsync<SyncException>(() => a.FlushAsync(patience.Token));
        Assert.Equal(ErrorCode.Unauthorized, refused.Code);
        Assert.Equal(SyncState.Refused, a.Status.State);
        Assert.Equal(1, rig.Relay.Dials);
        Assert.Equal(1, a.Status.PendingBlobs);
        Assert.NotEmpty(a.Status.OpenProblems);
    }

    [Fact]
    public async Task Passing_refusal_of_a_push_is_retried_in_order()
    {
        await using var rig = new Rig();
        var left = 5;
        rig.Relay.RefusePush = blob => blob.Sequence == 3 && left-- > 0 ? ErrorCode.GroupQuotaExceeded : ErrorCode.None;
        var a = rig.Start(1);
        for (var i = 0; i < 10; i++) await a.PushAsync(Bytes($"{i}"));
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (ulong)i), rig.Relay.Log.Select(b => b.Sequence));
        Assert.Single(await Rig.EventsSoFarAsync(a), e => e is PushRefused { WillRetry: true, Code: ErrorCode.GroupQuotaExceeded });
    }

    [Fact]
    public async Task Blob_refused_for_good_stays_in_the_outbox_and_pulling_goes_on()
    {
        await using var rig = new Rig();
        rig.Relay.RefusePush = _ => ErrorCode.BlobTooLarge;
        var a = rig.Start(1);
        await a.PushAsync(Bytes("too large"));
        using var patience = Rig.Patience();
        Assert.Equal(ErrorCode.BlobTooLarge, (await Assert.ThrowsAsync<SyncException>(() => a.FlushAsync(patience.Token))).Code);
        Assert.Equal(1, a.Status.PendingBlobs);
        var blob = rig.Sealed(2, 1)[0];
        rig.Relay.Append(Rig.Id(2), 1, blob.Id, blob.Envelope);
        Assert.Equal(["2/1"], await Rig.TakeAsync(a, 1));
    }

    [Theory]
    [InlineData(ErrorCode.BlobTooLarge)]
    [InlineData(ErrorCode.SequenceConflict)]
    public async Task Receipts_fail_with_the_code_when_the_relay_refuses_for_good_and_the_blobs_stay(ErrorCode code)
    {
        await using var rig = new Rig();
        rig.Relay.RefusePush = blob => blob.Sequence == 2 ? code : ErrorCode.None;
        rig.Relay.IsDown = true;
        var a = rig.Start(1);
        var receipts = new List<PushReceipt>();
        for (var i = 1; i <= 3; i++) receipts.Add(await a.PushAsync(Bytes($"{i}")));
        rig.Relay.IsDown = false;
        using var patience = Rig.Patience();
        Assert.Equal(new Cursor(1), await receipts[0].Durable.WaitAsync(patience.Token));
        foreach (var receipt in receipts.Skip(1))
            Assert.Equal(code, (await Assert.ThrowsAsync<SyncException>(() => receipt.Durable.WaitAsync(patience.Token))).Code);
        var later = await a.PushAsync(Bytes("4"));
        Assert.Equal(code, (await Assert.ThrowsAsync<SyncException>(() => later.Durable.WaitAsync(patience.Token))).Code);
        Assert.Equal(3, a.Status.PendingBlobs);
    }

    [Fact]
    public async Task Receipt_does_not_fail_by_a_passing_refusal()
    {
        await using var rig = new Rig();
        var refusals = 0;
        rig.Relay.RefusePush = _ => refusals++ < 3 ? ErrorCode.RateLimited : ErrorCode.None;
        using var patience = Rig.Patience();
        var receipt = await rig.Start(1).PushAsync(Bytes("slow"));
        Assert.Equal(new Cursor(1), await receipt.Durable.WaitAsync(patience.Token));
        Assert.Equal(4, refusals);
    }

    [Fact]
    public async Task Many_concurrent_pushes_get_each_its_own_sequence()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        var receipts = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(async () => await a.PushAsync(Bytes($"{i}")))));
        Assert.Equal(Enumerable.Range(1, 400).Select(i => (ulong)i), receipts.Select(r => r.Sequence).Order());
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);
        Assert.Equal(Enumerable.Range(1, 400).Select(i => (ulong)i), rig.Relay.Log.Select(b => b.Sequence));
    }

    [Fact]
    public async Task Peek_moves_no_state()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 25)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        var b = rig.Start(2, store);
        using var patience = Rig.Patience();
        var peek = await b.PeekAsync(new Cursor(5), 12, patience.Token);
        Assert.Equal(12, peek.Blobs.Count);
        Assert.Equal(new Cursor(6), peek.Blobs[0].Cursor);
        Assert.Equal(new Cursor(25), peek.Head);
        Assert.Equal(Cursor.Zero, b.Status.Received);
        Assert.Equal(25, (await Rig.TakeAsync(b, 25)).Count);
    }

    [Fact]
    public async Task Device_names_reach_the_relay_sealed_and_open_again()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        using var patience = Rig.Patience();
        var devices = await a.ListDevicesAsync(patience.Token);
        Assert.Equal("device 1", devices[0].Name);
        Assert.True(devices[0].IsThisDevice);
        Assert.Equal(-1, rig.Relay.Hellos[0].SealedName.Span.IndexOf("device"u8));
    }

    [Theory]
    [InlineData(ErrorCode.UnknownGroup, "RecreateLostGroup")]
    [InlineData(ErrorCode.DeviceRevoked, "new invite")]
    public async Task Refused_hello_ends_in_the_refused_state_with_what_to_do(ErrorCode code, string whatToDo)
    {
        await using var rig = new Rig();
        rig.Relay.RefuseHello = code;
        var a = rig.Start(1);
        await Rig.UntilAsync(() => a.Status.State == SyncState.Refused, "the refused state");
        Assert.Equal(code, a.Status.LastErrorCode);
        Assert.Contains(whatToDo, a.Status.LastError, StringComparison.Ordinal);
        Assert.Equal(1, rig.Relay.Dials);
    }
}
