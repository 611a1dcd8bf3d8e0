using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Channel;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Channel;

/// <summary>A frame that was begun: what it holds is counted, it has a time, and it moves.</summary>
public sealed class FrameLimitTests
{
    private const int LargeBytes = 1_000_000;
    private readonly FakeTimeProvider _time = new();
    private readonly CountedFrames _budget = new();

    private ChannelOptions Options => new() { Time = _time, FrameBudget = _budget, BytesPerSecondMin = 8_192 };

    [Fact]
    public async Task What_an_unfinished_frame_holds_is_counted_and_given_back_when_it_is_whole()
    {
        await using var lab = new ChannelLab { Options = Options };
        var (client, relay) = await lab.OpenAsync();
        var (gate, passed) = HoldAfter(lab, chunks: 8);
        var sending = client.SendAsync(1, Large()).AsTask();
        var receiving = relay.ReceiveAsync().AsTask();
        await UntilAsync(() => passed() == 8 && _budget.Bytes > 400_000);

        // Never twice the frame, as doubling would make it.
        Assert.InRange(_budget.Bytes, 400_000, LargeBytes + 200_000);
        gate.SetResult();
        Assert.IsType<Push>((await receiving)!.Value.Message);
        await sending;
        Assert.InRange(_budget.Most, LargeBytes, LargeBytes + 200_000);
        var idle = relay.ReceiveAsync().AsTask();
        await UntilAsync(() => _budget.Bytes == 0);
        Assert.False(idle.IsCompleted);
    }

    [Theory]
    [InlineData("cut by the peer")]
    [InlineData("disposed of here")]
    [InlineData("too slow")]
    [InlineData("cancelled")]
    public async Task Whatever_ends_an_unfinished_frame_gives_back_what_it_held(string how)
    {
        await using var lab = new ChannelLab { Options = Options };
        var (client, relay) = await lab.OpenAsync();
        var (_, passed) = HoldAfter(lab, chunks: 8);
        _ = client.SendAsync(1, Large()).AsTask();
        using var cancel = new CancellationTokenSource();
        var receiving = relay.ReceiveAsync(cancel.Token).AsTask();
        await UntilAsync(() => passed() == 8 && _budget.Bytes > 400_000);
        if (how == "cut by the peer") await client.DisposeAsync();
        if (how == "disposed of here") await relay.DisposeAsync();
        if (how == "cancelled") await cancel.CancelAsync();
        while (!receiving.IsCompleted)
        {
            if (how == "too slow") _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        await Assert.ThrowsAnyAsync<Exception>(() => receiving);
        await UntilAsync(() => _budget.Bytes == 0);
    }

    [Fact]
    public async Task Frame_that_stands_still_breaks_its_stream_when_its_time_is_over_and_not_before()
    {
        await using var lab = new ChannelLab { Options = Options };
        var (client, relay) = await lab.OpenAsync();
        var (_, passed) = HoldAfter(lab, chunks: 2);
        _ = client.SendAsync(1, Large()).AsTask();
        var receiving = relay.ReceiveAsync().AsTask();
        await UntilAsync(() => passed() == 2 && _budget.Bytes > 200_000);

        // 30 s, and 16 for the two chunks of 64 KiB that came.
        _time.Advance(TimeSpan.FromSeconds(44));
        Assert.False(receiving.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(ChannelFailure.Timeout, (await Assert.ThrowsAsync<ChannelException>(() => receiving)).Failure);
    }

    [Fact]
    public async Task Frame_that_trickles_gains_no_more_time_than_its_bytes_are_worth()
    {
        await using var lab = new ChannelLab { Options = Options };
        var (client, relay) = await lab.OpenAsync();
        var chunks = 0;

        // A chunk every 20 s: never 30 s without a byte, and yet far below the slowest rate.
        lab.Network.Tap = async chunk =>
        {
            if (chunk.Direction == MemoryDirection.ToRelay && Interlocked.Increment(ref chunks) > 1) await Task.Delay(TimeSpan.FromSeconds(20), _time);
            return chunk.Bytes;
        };
        _ = client.SendAsync(1, Large()).AsTask();
        var receiving = relay.ReceiveAsync().AsTask();
        await AdvanceUntilAsync(() => receiving.IsCompleted);
        Assert.Equal(ChannelFailure.Timeout, (await Assert.ThrowsAsync<ChannelException>(() => receiving)).Failure);
        Assert.InRange(chunks, 2, 6);
    }

    [Fact]
    public async Task Session_may_be_silent_between_frames_for_any_time()
    {
        await using var lab = new ChannelLab { Options = Options };
        var (client, relay) = await lab.OpenAsync();
        var receiving = relay.ReceiveAsync().AsTask();
        for (uint i = 1; i <= 3; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await client.SendAsync(i, new Ok());
            Assert.Equal(i, (await receiving)!.Value.RequestId);
            receiving = relay.ReceiveAsync().AsTask();
        }

        Assert.Equal(0, _budget.Bytes);
    }

    [Fact]
    public async Task Large_frame_waits_for_room_while_small_ones_go_on_and_comes_whole()
    {
        var full = new CountedFrames(bytesMax: 400_000);
        await using var lab = new ChannelLab { Options = Options with { FrameBudget = full } };
        var (client, relay) = await lab.OpenAsync();
        var (other, otherRelay) = await lab.OpenAsync();
        full.Take(390_000);
        _ = client.SendAsync(1, new Push([new PushBlob(BlobId.New(), 1, new byte[150_000])])).AsTask();
        var receiving = relay.ReceiveAsync().AsTask();
        await UntilAsync(() => full.Waits > 0);
        await other.SendAsync(5, new Ok());
        Assert.Equal(5u, (await otherRelay.ReceiveAsync())!.Value.RequestId);
        Assert.False(receiving.IsCompleted);
        full.Give(390_000);
        Assert.IsType<Push>((await receiving.WaitAsync(TimeSpan.FromSeconds(20)))!.Value.Message);
    }

    [Fact]
    public async Task Large_frame_without_room_for_too_long_is_refused_as_such()
    {
        var full = new CountedFrames(bytesMax: 100_000);
        await using var lab = new ChannelLab { Options = Options with { FrameBudget = full } };
        var (client, relay) = await lab.OpenAsync();
        full.Take(99_000);
        _ = client.SendAsync(1, Large()).AsTask();
        var receiving = relay.ReceiveAsync().AsTask();
        await UntilAsync(() => full.Waits > 0);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(ChannelFailure.NoRoom, (await Assert.ThrowsAsync<ChannelException>(() => receiving)).Failure);
        await UntilAsync(() => full.Bytes == 99_000);
    }

    [Fact]
    public async Task Peer_that_takes_a_chunk_now_and_then_is_cut_off_as_one_that_takes_nothing()
    {
        await using var lab = new ChannelLab { Options = Options };
        var (client, _) = await lab.OpenAsync();
        var chunks = 0;
        lab.Network.Tap = async chunk =>
        {
            Interlocked.Increment(ref chunks);
            await Task.Delay(TimeSpan.FromSeconds(20), _time);
            return chunk.Bytes;
        };
        var sending = client.SendAsync(1, new Push([.. Enumerable.Range(1, 4).Select(i => new PushBlob(BlobId.New(), (ulong)i, new byte[LargeBytes]))])).AsTask();
        await AdvanceUntilAsync(() => sending.IsCompleted);
        Assert.Equal(ChannelFailure.Timeout, (await Assert.ThrowsAsync<ChannelException>(() => sending)).Failure);
        Assert.InRange(chunks, 1, 6);
    }

    [Fact]
    public async Task Send_of_a_large_frame_completes_only_when_its_bytes_are_no_longer_held_here()
    {
        await using var lab = new ChannelLab { Options = Options with { SendQueueBytesMax = 100_000 } };
        var (client, relay) = await lab.OpenAsync();
        var (gate, passed) = HoldAfter(lab, chunks: 3);
        var sending = client.SendAsync(1, Large()).AsTask();
        var receiving = relay.ReceiveAsync().AsTask();
        await UntilAsync(() => passed() == 3);
        Assert.False(sending.IsCompleted);
        gate.SetResult();
        await sending;
        Assert.NotNull(await receiving);
    }

    [Fact]
    public async Task Side_stream_takes_the_largest_content_message_and_nothing_larger()
    {
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.OpenAsync();
        var arriving = relay.AcceptSideStreamAsync().AsTask();
        await using var side = await client.OpenSideStreamAsync();
        await side.SendAsync(1, new ContentPiece(new byte[32], ulong.MaxValue, ulong.MaxValue, uint.MaxValue, new byte[WireLimits.ContentEncodingBytesMax]));
        await using var there = await (await arriving).OpenAsync();
        Assert.IsType<ContentPiece>((await there.ReceiveAsync())!.Value.Message);
        var sending = side.SendAsync(2, Large()).AsTask();
        var refused = await Assert.ThrowsAsync<ChannelException>(() => there.ReceiveAsync().AsTask());
        Assert.Equal((ChannelFailure.TooLarge, 2u), (refused.Failure, refused.RequestId));
        await there.DisposeAsync();
        await sending.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static Push Large() => new([new PushBlob(BlobId.New(), 1, new byte[LargeBytes])]);

    // Chunks to the relay beyond so many are held back until the gate opens; the tap counts those that passed.
    private static (TaskCompletionSource Gate, Func<int> Passed) HoldAfter(ChannelLab lab, int chunks)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var passed = 0;
        lab.Network.Tap = async chunk =>
        {
            if (chunk.Direction == MemoryDirection.ToRelay && Volatile.Read(ref passed) >= chunks) await gate.Task;
            if (chunk.Direction == MemoryDirection.ToRelay) Interlocked.Increment(ref passed);
            return chunk.Bytes;
        };
        return (gate, () => Volatile.Read(ref passed));
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 5_000 && !condition(); i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.True(condition(), "It did not end.");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 20_000; i++)
        {
            if (condition()) return;
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.Fail("The condition did not come true in 20 s.");
    }
}
