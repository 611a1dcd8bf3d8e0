using Xunit;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Wire;

namespace ZeroK.Content.Tests.Client;

/// <summary>Contents that wait to be sent, as pushes do.</summary>
public sealed class QueueTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Queued_content_is_durable_here_without_a_relay_and_goes_when_there_is_one()
    {
        using var rig = new ContentRig();
        var connected = new TaskCompletionSource();
        rig.Relay.Before = _ => connected.Task;
        await using var queue = new ContentQueue(rig.Service, ContentRig.Options);
        var reference = await QueueAsync(rig);
        var durable = queue.Start(reference.Id, null);
        Assert.False(durable.IsCompleted);
        Assert.Equal(reference.Id, Assert.Single(rig.Service.Transfers).Id);
        Assert.Empty(rig.Outbox.Pushed);
        connected.SetResult();
        await durable.WaitAsync(Stop);
        Assert.Equal([reference], rig.Outbox.Pushed);
        Assert.Empty(rig.Service.Transfers);
        Assert.Equal(ContentRig.Bytes(300_000), await rig.GetAsync(reference));
    }

    [Fact]
    public async Task What_an_earlier_run_left_is_sent_once_and_twice_started_is_once_sent()
    {
        using var rig = new ContentRig();
        var reference = await QueueAsync(rig);
        await using var queue = new ContentQueue(rig.Restarted(), ContentRig.Options);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => queue.Start(reference.Id, null))).WaitAsync(Stop);
        Assert.Single(rig.Outbox.Pushed);
    }

    [Fact]
    public async Task Fault_that_passes_is_waited_out_however_long_it_lasts()
    {
        using var rig = new ContentRig();
        var left = 5 * Retries.Max;
        rig.Relay.Before = _ => Interlocked.Decrement(ref left) > 0 ? throw new IOException("cut") : Task.CompletedTask;
        await using var queue = new ContentQueue(rig.Service, ContentRig.Options);
        await queue.Start((await QueueAsync(rig)).Id, null).WaitAsync(Stop);
        Assert.Single(rig.Outbox.Pushed);
    }

    [Fact]
    public async Task Refusal_is_told_the_transfer_stays_and_can_be_dropped()
    {
        using var rig = new ContentRig();
        rig.Relay.QuotaBytes = 10;
        await using var queue = new ContentQueue(rig.Service, ContentRig.Options);
        var reference = await QueueAsync(rig);
        var refused = await Assert.ThrowsAsync<ContentTransferException>(() => queue.Start(reference.Id, null).WaitAsync(Stop));
        Assert.Equal(ErrorCode.GroupQuotaExceeded, refused.Code);
        var transfer = Assert.Single(rig.Service.Transfers);
        Assert.Equal((true, reference.SealedLength), (transfer.IsPut, transfer.LeftBytes));
        Assert.True(await rig.Service.DropAsync(reference.Id, Stop));
        Assert.False(await rig.Service.DropAsync(reference.Id, Stop));
        Assert.Empty(rig.Restarted().Transfers);
        Assert.Equal(0, ((MemoryTransferStore)rig.Store).Stages);
    }

    [Fact]
    public async Task Stopped_sending_leaves_the_put_to_the_caller_who_ends_it()
    {
        using var rig = new ContentRig();
        var (begun, goOn) = Held(rig);
        await using var queue = new ContentQueue(rig.Service, ContentRig.Options);
        var reference = await QueueAsync(rig);
        var durable = queue.Start(reference.Id, null);
        await begun.Task.WaitAsync(Stop);
        var stopping = queue.StopAsync(reference.Id);
        goOn.SetResult();
        await stopping;
        Assert.True(durable.IsCanceled);
        Assert.Empty(rig.Outbox.Pushed);
        await rig.Service.ResumePutAsync(reference.Id, null, Stop);
        Assert.Single(rig.Outbox.Pushed);
    }

    [Fact]
    public async Task Closed_queue_ends_with_nothing_under_way_and_the_next_run_goes_on()
    {
        using var rig = new ContentRig();
        var (begun, goOn) = Held(rig);
        var reference = await QueueAsync(rig);
        var queue = new ContentQueue(rig.Service, ContentRig.Options);
        var durable = queue.Start(reference.Id, null);
        await begun.Task.WaitAsync(Stop);
        var closing = queue.DisposeAsync();
        goOn.SetResult();
        await closing;
        Assert.True(durable.IsCanceled);
        await using var next = new ContentQueue(rig.Restarted(), ContentRig.Options);
        await next.Start(Assert.Single(rig.Service.Waiting), null).WaitAsync(Stop);
        Assert.Equal([reference], rig.Outbox.Pushed);
    }

    // The relay doesn't answer its first call before it is told to.
    private static (TaskCompletionSource Begun, TaskCompletionSource GoOn) Held(ContentRig rig)
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        rig.Relay.Before = _ =>
        {
            begun.TrySetResult();
            return goOn.Task;
        };
        return (begun, goOn);
    }

    [Fact]
    public async Task Room_is_asked_for_before_anything_is_sealed()
    {
        using var rig = new ContentRig();
        rig.Relay.QuotaBytes = 100_000;
        var options = new ContentOptions { Preview = new MemoryStream(new byte[50_000]) };
        using var fits = new MemoryStream(new byte[30_000]);
        using var large = new MemoryStream(new byte[60_000]);
        await rig.Service.CheckRoomAsync([options], [fits], Stop);
        var refused = await Assert.ThrowsAsync<ContentTransferException>(() => rig.Service.CheckRoomAsync([options], [large], Stop));
        Assert.Equal((ErrorCode.GroupQuotaExceeded, null), (refused.Code, refused.Transfer));
        Assert.Contains("can never fit", refused.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Relay.Calls);
        Assert.Equal(0, ((MemoryTransferStore)rig.Store).Stages);
    }

    [Fact]
    public async Task Content_is_known_by_its_bytes_without_a_relay()
    {
        using var rig = new ContentRig();
        var reference = await rig.PutAsync(ContentRig.Bytes(200_000));
        var other = ContentRig.Bytes(200_000);
        other[150_000] ^= 1;
        var calls = rig.Relay.Calls.Count;
        Assert.True(await IsAsync(ContentRig.Bytes(200_000)));
        Assert.False(await IsAsync(other));
        Assert.False(await IsAsync(ContentRig.Bytes(199_999)));
        Assert.False(await IsAsync([]));
        Assert.Equal(calls, rig.Relay.Calls.Count);

        async Task<bool> IsAsync(byte[] bytes)
        {
            using var source = new MemoryStream(bytes);
            return await rig.Service.IsContentAsync(reference, source, Stop);
        }
    }

    private static async Task<ContentReference> QueueAsync(ContentRig rig)
    {
        using var source = new MemoryStream(ContentRig.Bytes(300_000));
        return await rig.Service.SealAndKeepAsync(source, new ContentOptions { Name = "late" }, null, Stop);
    }
}
