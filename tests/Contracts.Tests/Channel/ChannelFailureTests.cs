using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Channel;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Channel;

public sealed class ChannelFailureTests
{
    [Fact]
    public async Task Concurrent_senders_each_keep_their_order()
    {
        const int Senders = 8, Frames = 200;
        await using var lab = new ChannelLab { Options = new ChannelOptions { SendQueueBytesMax = 2048 } };
        var (client, relay) = await lab.OpenAsync();
        var sending = Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < Frames; i++) await client.SendAsync((uint)((sender * 1000) + i), new Ok());
        })));
        var last = Enumerable.Repeat(-1, Senders).ToArray();
        for (var n = 0; n < Senders * Frames; n++)
        {
            var id = (int)(await relay.ReceiveAsync())!.Value.RequestId;
            Assert.Equal(last[id / 1000] + 1, id % 1000);
            last[id / 1000] = id % 1000;
        }

        await sending;
        Assert.All(last, l => Assert.Equal(Frames - 1, l));
    }

    [Fact]
    public async Task Peer_that_reads_nothing_breaks_the_channel_when_the_send_timeout_is_over()
    {
        await using var lab = new ChannelLab { Options = new ChannelOptions { SendQueueBytesMax = 2048, SendTimeout = TimeSpan.FromMilliseconds(200) } };
        var (client, _) = await lab.OpenAsync();
        var frames = 0;
        var broken = await Assert.ThrowsAsync<ChannelException>(async () =>
        {
            while (true)
            {
                await client.SendAsync((uint)frames, new Bye(ErrorCode.None, 0, new string('x', 1000)));
                frames++;
            }
        }).WaitAsync(TimeSpan.FromSeconds(60));

        // What the network and the queue hold went through; then the one who sends is told, and told again.
        Assert.Equal(ChannelFailure.Timeout, broken.Failure);
        Assert.True(frames > 10, $"only {frames} frames were taken");
        Assert.Equal(ChannelFailure.Timeout, (await Assert.ThrowsAsync<ChannelException>(() => client.SendAsync(1, new Ok()).AsTask())).Failure);
    }

    [Fact]
    public async Task Frames_queued_together_leave_in_one_write()
    {
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.OpenAsync();
        var writes = 0;
        lab.Network.Tap = chunk =>
        {
            Interlocked.Increment(ref writes);
            return ValueTask.FromResult(chunk.Bytes);
        };
        await client.SendAllAsync([.. Enumerable.Range(1, 50).Select(i => new WireFrame((uint)i, new Ok()))]);
        for (uint i = 1; i <= 50; i++) Assert.Equal(i, (await relay.ReceiveAsync())!.Value.RequestId);
        Assert.Equal(1, writes);
    }

    [Fact]
    public async Task The_rekey_boundary_is_crossed_under_load_in_both_directions_at_once()
    {
        const int Frames = 66_000; // One awaited frame a message: more than the 65,536 after which the key changes.
        await using var lab = new ChannelLab();
        var messages = 0;
        var (client, relay) = await lab.OpenAsync();
        lab.Network.Tap = chunk =>
        {
            Interlocked.Increment(ref messages);
            return ValueTask.FromResult(chunk.Bytes);
        };
        await Task.WhenAll(Task.Run(() => OneWayAsync(client, relay)), Task.Run(() => OneWayAsync(relay, client)));

        Assert.True(messages > 2 * 65_536, $"only {messages} messages crossed: the boundary was not reached");

        static async Task OneWayAsync(IFrameChannel from, IFrameChannel to)
        {
            for (uint i = 1; i <= Frames; i++)
            {
                await from.SendAsync(i, new Ok());
                Assert.Equal(i, (await to.ReceiveAsync())!.Value.RequestId);
            }
        }
    }

    [Fact]
    public async Task A_cut_connection_is_a_typed_failure_for_both_directions()
    {
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.OpenAsync();
        var receiving = client.ReceiveAsync().AsTask();
        await relay.DisposeAsync();
        Assert.Equal(ChannelFailure.Transport, (await Assert.ThrowsAsync<ChannelException>(() => receiving)).Failure);
        await Assert.ThrowsAsync<ChannelException>(async () =>
        {
            while (true) await client.SendAsync(1, new Ok());
        });
    }

    [Fact]
    public async Task A_changed_transport_message_is_a_cipher_failure()
    {
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.OpenAsync();
        lab.Change(MemoryDirection.ToRelay, 0, bytes =>
        {
            bytes[^1] ^= 1;
            return bytes;
        });
        await client.SendAsync(1, new Ok());
        Assert.Equal(ChannelFailure.Cipher, (await Assert.ThrowsAsync<ChannelException>(() => relay.ReceiveAsync().AsTask())).Failure);
        Assert.Equal(ChannelFailure.Cipher, (await Assert.ThrowsAsync<ChannelException>(() => relay.ReceiveAsync().AsTask())).Failure);
    }

    [Fact]
    public async Task A_frame_above_the_limit_is_refused_by_its_length_with_its_request_id_and_can_be_answered()
    {
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.OpenAsync();
        relay.FrameBytesMax = WireLimits.HelloFrameBytesMax;
        await client.SendAsync(77, new Push([new PushBlob(BlobId.New(), 1, new byte[WireLimits.HelloFrameBytesMax])]));
        var error = await Assert.ThrowsAsync<ChannelException>(() => relay.ReceiveAsync().AsTask());
        Assert.Equal((ChannelFailure.TooLarge, 77u), (error.Failure, error.RequestId));
        await relay.SendAsync(77, new Ok());
        Assert.Equal(77u, (await client.ReceiveAsync())!.Value.RequestId);
    }

    [Fact]
    public async Task A_silent_peer_ends_the_handshake_by_time()
    {
        var time = new FakeTimeProvider();
        await using var lab = new ChannelLab { Options = new ChannelOptions { Time = time } };
        var (client, relay) = await lab.DialAsync();
        var connecting = Outcome.OfAsync(SecureChannel.ConnectAsync(client, ChannelLab.Device, ChannelLab.Relay.Public.Fingerprint(), lab.Options));
        var accepting = Outcome.OfAsync(SecureChannel.AcceptAsync((await lab.DialAsync()).Relay, ChannelLab.Relay, lab.Options));
        Assert.Equal(1, await relay.ReceiveAsync(new byte[1]));
        time.Advance(lab.Options.HandshakeTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(connecting.IsCompleted);
        Assert.False(accepting.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((ChannelFailure.Timeout, 2), ((await connecting).Error!.Failure, (await connecting).Error!.HandshakeMessage));
        Assert.Equal((ChannelFailure.Timeout, 1), ((await accepting).Error!.Failure, (await accepting).Error!.HandshakeMessage));
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_makes_senders_wait_and_then_fail_by_time()
    {
        var time = new FakeTimeProvider();
        await using var lab = new ChannelLab { Options = new ChannelOptions { Time = time, SendQueueBytesMax = 100_000 } };
        var (client, _) = await lab.OpenAsync();
        var frame = new Push([new PushBlob(BlobId.New(), 1, new byte[60_000])]);
        var sending = Task.Run(async () =>
        {
            while (true) await client.SendAsync(1, frame);
        });
        while (!sending.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Equal(ChannelFailure.Timeout, (await Assert.ThrowsAsync<ChannelException>(() => sending)).Failure);
    }
}
