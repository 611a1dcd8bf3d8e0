using System.Text;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Suspended, woken for a moment, resumed; and deleting what was pushed.</summary>
public sealed class LifecycleTests
{
    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public async Task Flush_with_a_deadline_says_whether_all_is_durable()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        await a.PushAsync(Bytes("x"));
        Assert.True(await a.TryFlushAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        rig.Relay.HoldPushes = new TaskCompletionSource().Task;
        await a.PushAsync(Bytes("y"));
        Assert.False(await a.TryFlushAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(1, a.Status.PendingBlobs);
    }

    [Fact]
    public async Task Flush_with_a_deadline_does_not_throw_at_a_refusal()
    {
        await using var rig = new Rig();
        rig.Relay.RefusePush = _ => ErrorCode.BlobTooLarge;
        var a = rig.Start(1);
        await a.PushAsync(Bytes("x"));
        Assert.False(await a.TryFlushAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Suspended_client_is_disconnected_takes_pushes_and_sends_them_when_it_resumes()
    {
        await using var rig = new Rig(relays: 2);
        var a = rig.Start(1);
        await a.PushAsync(Bytes("before"));
        Assert.True(await a.SuspendAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.All(a.Status.Relays, r => Assert.Equal(SyncState.Disconnected, r.State));
        var dials = rig.Relays.Sum(r => r.Dials);
        await a.PushAsync(Bytes("meanwhile"));
        Assert.Equal(1, a.Status.PendingBlobs);
        Assert.Equal(dials, rig.Relays.Sum(r => r.Dials));
        Assert.Single(rig.Relay.Log);

        a.Resume();
        await Rig.UntilAsync(() => rig.Relays.All(r => r.Log.Count == 2), "both blobs on both relays");
        Assert.True(await a.TryFlushAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Suspending_a_client_that_can_not_connect_takes_no_longer_than_its_deadline()
    {
        await using var rig = new Rig();
        rig.Relay.IsDown = true;
        var a = rig.Start(1);
        await a.PushAsync(Bytes("x"));
        Assert.False(await a.SuspendAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(SyncState.Disconnected, a.Status.State);
        rig.Relay.IsDown = false;
        a.Resume();
        Assert.True(await a.TryFlushAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Woken_client_connects_handles_sends_and_is_suspended_again()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 5)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        rig.Options = rig.Options with { StartSuspended = true };
        var b = rig.Start(2);
        await b.PushAsync(Bytes("from b"));
        Assert.Equal(0, rig.Relay.Dials);
        var texts = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var result = await b.SyncOnceAsync((blob, _) => { texts.Add(Encoding.UTF8.GetString(blob.Payload.Span)); return ValueTask.CompletedTask; }, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            Assert.Equal(new SyncOnceResult(true, true, i == 0 ? 5 : 0), result);
            Assert.Equal(SyncState.Disconnected, b.Status.State);
        }

        Assert.Equal(["1/1", "1/2", "1/3", "1/4", "1/5"], texts);
        Assert.Equal(6, rig.Relay.Log.Count);
    }

    [Fact]
    public async Task Woken_client_without_a_relay_ends_at_its_deadline_and_says_so()
    {
        await using var rig = new Rig();
        rig.Relay.IsDown = true;
        rig.Options = rig.Options with { StartSuspended = true };
        var b = rig.Start(2);
        await b.PushAsync(Bytes("x"));
        var result = await b.SyncOnceAsync((_, _) => ValueTask.CompletedTask, TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        Assert.Equal(new SyncOnceResult(false, false, 0), result);
    }

    [Fact]
    public async Task Woken_client_whose_handler_throws_says_so_and_keeps_the_blob()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 2)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        await Assert.ThrowsAsync<IOException>(() => b.SyncOnceAsync((_, _) => throw new IOException("the app's disk"), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal(["1/1", "1/2"], await Rig.TakeAsync(b, 2));
    }

    [Fact]
    public async Task Deleted_blob_is_not_handed_out_and_its_reader_is_told()
    {
        await using var rig = new Rig(relays: 2);
        var a = rig.Start(1);
        await a.PushAsync(Bytes("one"));
        var receipt = await a.PushAsync(Bytes("two"));
        await a.PushAsync(Bytes("three"));
        await Rig.UntilAsync(() => rig.Relays.All(r => r.Log.Count == 3), "all on both relays");
        using var patience = Rig.Patience();
        Assert.Empty(await a.DeleteAsync([receipt.BlobId], patience.Token));
        Assert.All(rig.Relays, r => Assert.Equal([receipt.BlobId], Assert.Single(r.Deletes).Blobs));

        var b = rig.Start(2);
        Assert.Equal(["one", "three"], await Rig.TakeAsync(b, 2));
        Assert.Equal(2UL, (await Rig.EventAsync<Deleted>(b)).Sequence);
        Assert.Equal(a.Status.Vector, b.Status.Vector);
    }

    [Fact]
    public async Task Deleting_names_the_relays_that_it_did_not_reach_and_sends_many_in_parts()
    {
        await using var rig = new Rig(relays: 2);
        rig.Relays[1].IsDown = true;
        var a = rig.Start(1);
        using var patience = Rig.Patience();
        var missed = await a.DeleteAsync([.. Enumerable.Range(0, WireLimits.DeleteBlobsMax + 1).Select(_ => BlobId.New())], patience.Token);
        Assert.Equal(Rig.AddressOf(1), Assert.Single(missed));
        Assert.Equal([WireLimits.DeleteBlobsMax, 1], rig.Relays[0].Deletes.Select(d => d.Blobs.Count));
    }
}
