using Xunit;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Channel;

public sealed class ChannelSmokeTests
{
    [Fact]
    public async Task Frames_of_all_sizes_arrive_in_order_both_ways()
    {
        await using var pair = await ChannelPair.OpenAsync();
        var sizes = new[] { 1, 100, 4095, 65_000, 65_519, 65_520, 200_000, WireLimits.EnvelopeBytesMax };
        var sent = sizes.Select((size, i) => new Push([new PushBlob(BlobId.New(), (ulong)i + 1, Enumerable.Range(0, size).Select(n => (byte)(n * 7 + i)).ToArray())])).ToList();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < sent.Count; i++) await pair.Client.SendAsync((uint)i + 1, sent[i]);
            await pair.Client.CompleteAsync();
        });
        for (var i = 0; i < sent.Count; i++)
        {
            var frame = await pair.Relay.ReceiveAsync();
            Assert.Equal((uint)i + 1, frame!.Value.RequestId);
            var blob = Assert.Single(Assert.IsType<Push>(frame.Value.Message).Blobs);
            Assert.Equal(sent[i].Blobs[0].Id, blob.Id);
            Assert.True(sent[i].Blobs[0].Envelope.Span.SequenceEqual(blob.Envelope.Span));
            await pair.Relay.SendAsync(frame.Value.RequestId, new Ok());
            Assert.IsType<Ok>((await pair.Client.ReceiveAsync())!.Value.Message);
        }

        await sending;
        Assert.Null(await pair.Relay.ReceiveAsync());
    }

    [Fact]
    public async Task A_relay_with_another_identity_is_refused_before_message_3()
    {
        var network = new MemoryNetwork();
        await using var listener = await network.ListenAsync("relay", 0);
        using var relay = StaticIdentity.Generate();
        using var device = StaticIdentity.Generate();
        var accepting = Task.Run(async () => await SecureChannel.AcceptAsync(await listener.AcceptAsync(), relay, ChannelOptions.Default));
        var error = await Assert.ThrowsAsync<ChannelException>(async () => await SecureChannel.ConnectAsync(await network.ConnectAsync(new RelayEndpoint("relay", 0)), device, new byte[32], ChannelOptions.Default));
        Assert.Equal(ChannelFailure.Identity, error.Failure);
        Assert.Equal(2, error.HandshakeMessage);
        Assert.Equal(ChannelFailure.Refused, (await Assert.ThrowsAsync<ChannelException>(() => accepting)).Failure);
    }

    [Fact]
    public async Task A_refusal_before_the_handshake_reaches_the_client_with_its_code()
    {
        var network = new MemoryNetwork();
        await using var listener = await network.ListenAsync("relay", 0);
        using var device = StaticIdentity.Generate();
        var refusing = Task.Run(async () => await SecureChannel.RefuseAsync(await listener.AcceptAsync(), ErrorCode.TooManyConnections, 1500));
        var error = await Assert.ThrowsAsync<ChannelException>(async () => await SecureChannel.ConnectAsync(await network.ConnectAsync(new RelayEndpoint("relay", 0)), device, new byte[32], ChannelOptions.Default));
        Assert.Equal((ChannelFailure.Refused, ErrorCode.TooManyConnections, 1500u), (error.Failure, error.Code, error.RetryAfterMs));
        await refusing;
    }

    private sealed record ChannelPair(IFrameChannel Client, IFrameChannel Relay) : IAsyncDisposable
    {
        public static async Task<ChannelPair> OpenAsync()
        {
            var network = new MemoryNetwork();
            await using var listener = await network.ListenAsync("relay", 0);
            using var relay = StaticIdentity.Generate();
            using var device = StaticIdentity.Generate();
            var accepting = Task.Run(async () => await SecureChannel.AcceptAsync(await listener.AcceptAsync(), relay, ChannelOptions.Default));
            var client = await SecureChannel.ConnectAsync(await network.ConnectAsync(new RelayEndpoint("relay", 0)), device, relay.Public.Fingerprint(), ChannelOptions.Default);
            return new ChannelPair(client, await accepting);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Relay.DisposeAsync();
        }
    }
}
