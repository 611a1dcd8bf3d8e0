using System.Buffers.Binary;
using Xunit;
using ZeroK.Channel;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Channel;

/// <summary>Side streams of a channel, over every transport that has streams. A new one is a class with nothing but its constructor.</summary>
public abstract class SideStreamConformance(ITransport transport, string host)
{
    private const int Frames = 300;
    private int _filled;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Deadline => new CancellationTokenSource(Patience, TimeProvider.System).Token;

    [Fact]
    public async Task Each_stream_keeps_its_order_both_ways_beside_the_others()
    {
        await using var lab = await OpenAsync();
        var pairs = new List<(IFrameStream Client, IFrameStream Relay)> { (lab.Client, lab.Relay) };
        for (var i = 0; i < 4; i++) pairs.Add(await lab.StreamAsync());
        await Task.WhenAll(pairs.SelectMany(p => new[] { OneWayAsync(p.Client, p.Relay), OneWayAsync(p.Relay, p.Client) }));
        Assert.True(lab.Client.HasSideStreams);
    }

    [Fact]
    public async Task Stream_is_completed_and_closed_while_the_main_one_goes_on()
    {
        await using var lab = await OpenAsync();

        // More than the streams that a transport has at once: each gives its place back.
        for (uint i = 1; i <= 40; i++)
        {
            var (client, relay) = await lab.StreamAsync();
            await client.SendAsync(i, new Ok(), Deadline);
            await client.CompleteAsync(Deadline);
            Assert.Equal(i, (await relay.ReceiveAsync(Deadline))!.Value.RequestId);
            Assert.Null(await relay.ReceiveAsync(Deadline));
            var closing = AnswerAndCloseAsync(relay, i);
            Assert.Equal(100_000, Assert.IsType<ContentPart>((await client.ReceiveAsync(Deadline))!.Value.Message).Encoding.Length);
            Assert.Null(await client.ReceiveAsync(Deadline));
            await client.DisposeAsync();
            await closing.WaitAsync(Patience);
        }

        await OneWayAsync(lab.Client, lab.Relay);
    }

    [Fact]
    public async Task Streams_whose_readers_stand_still_hold_up_neither_the_main_one_nor_another()
    {
        await using var lab = await OpenAsync();
        var stuck = new List<Task>();
        var unread = new List<IFrameStream>();
        for (var i = 0; i < 2; i++)
        {
            var (client, relay) = await lab.StreamAsync();
            stuck.Add(FillAsync(client));
            unread.Add(relay);
        }

        // As long as nothing more is taken: all that the transport holds for them is full.
        await StandsStillAsync(stuck);
        var (free, reads) = await lab.StreamAsync();
        await OneWayAsync(lab.Client, lab.Relay);
        await OneWayAsync(free, reads);
        await OneWayAsync(lab.Relay, lab.Client);
        Assert.All(stuck, s => Assert.False(s.IsCompleted));
        await lab.DisposeAsync();
        foreach (var task in stuck) await Assert.ThrowsAsync<ChannelException>(() => task.WaitAsync(Patience));
        foreach (var stream in unread) await stream.DisposeAsync();
    }

    // A stream's window grows while it is read, as far as the connection's: what then lies unread counts against all streams.
    [Fact]
    public async Task What_transfers_may_have_under_way_may_lie_unread_and_the_main_stream_goes_on()
    {
        const int UnderWay = 1024 * 1024 + 128 * 1024, Streams = 2, Frame = 64 * 1024;
        await using var lab = await OpenAsync();
        var pairs = new List<(IFrameStream Client, IFrameStream Relay)>();
        for (var i = 0; i < Streams; i++) pairs.Add(await lab.StreamAsync());
        for (var i = 0; i < 20; i++) await Task.WhenAll(pairs.Select(p => OneWayAsync(p.Client, p.Relay)));
        var lying = Task.WhenAll(pairs.Select(async p =>
        {
            for (var sent = 0; sent < UnderWay / Streams; sent += Frame) await p.Client.SendAsync(1, new ContentPart(new byte[Frame]));
        }));
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Deadline);
        await OneWayAsync(lab.Client, lab.Relay);
        await lab.DisposeAsync();
        await ((Task)lying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        foreach (var (_, relay) in pairs) await relay.DisposeAsync();
    }

    [Fact]
    public async Task Number_that_was_used_is_refused_and_the_session_goes_on()
    {
        await using var lab = await OpenAsync();
        await lab.StreamAsync();
        await using var raw = await lab.ClientConnection.OpenStreamAsync(Deadline);
        var opening = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(opening, 1);
        await raw.SendAsync(opening, Deadline);
        var arrived = await lab.Relay.AcceptSideStreamAsync(Deadline);
        Assert.Equal(ChannelFailure.Malformed, (await Assert.ThrowsAsync<ChannelException>(async () => await arrived.OpenAsync(Deadline))).Failure);
        await lab.StreamAsync();
        await OneWayAsync(lab.Client, lab.Relay);
    }

    [Fact]
    public async Task Stream_that_says_no_number_holds_up_no_other_and_ends_alone()
    {
        await using var lab = await OpenAsync();
        await using var raw = await lab.ClientConnection.OpenStreamAsync(Deadline);
        await raw.SendAsync(new byte[3], Deadline);
        var silent = (await lab.Relay.AcceptSideStreamAsync(Deadline)).OpenAsync(Deadline).AsTask();
        var (client, relay) = await lab.StreamAsync();
        await OneWayAsync(client, relay);
        Assert.False(silent.IsCompleted);
        await raw.CompleteAsync(Deadline);
        Assert.Equal(ChannelFailure.Malformed, (await Assert.ThrowsAsync<ChannelException>(() => silent)).Failure);
    }

    // A whole message that one direction of one stream sealed opens nowhere else.
    [Fact]
    public async Task What_another_key_sealed_is_refused_and_ends_that_stream_alone()
    {
        await using var lab = await OpenAsync();
        await using var raw = await lab.ClientConnection.OpenStreamAsync(Deadline);
        await raw.SendAsync(new byte[] { 0, 0, 0, 9, 0, 17 }, Deadline);
        await raw.SendAsync(new byte[17], Deadline);
        await using var opened = await (await lab.Relay.AcceptSideStreamAsync(Deadline)).OpenAsync(Deadline);
        Assert.Equal(ChannelFailure.Cipher, (await Assert.ThrowsAsync<ChannelException>(async () => await opened.ReceiveAsync(Deadline))).Failure);
        var (client, relay) = await lab.StreamAsync();
        await OneWayAsync(client, relay);
        await OneWayAsync(lab.Client, lab.Relay);
    }

    [Fact]
    public async Task Frame_above_the_limit_is_refused_by_its_length_and_ends_that_stream_alone()
    {
        await using var lab = await OpenAsync();
        var (client, relay) = await lab.StreamAsync();
        relay.FrameBytesMax = 1000;
        await client.SendAsync(5, new ContentPart(new byte[1000]), Deadline);
        Assert.Equal(ChannelFailure.TooLarge, (await Assert.ThrowsAsync<ChannelException>(async () => await relay.ReceiveAsync(Deadline))).Failure);
        await OneWayAsync(lab.Client, lab.Relay);
    }

    [Fact]
    public async Task Ending_the_channel_ends_its_streams_on_both_sides()
    {
        await using var lab = await OpenAsync();
        var (client, relay) = await lab.StreamAsync();
        var (atClient, atRelay, accepting) = (client.ReceiveAsync(Deadline).AsTask(), relay.ReceiveAsync(Deadline).AsTask(), lab.Relay.AcceptSideStreamAsync(Deadline).AsTask());
        await lab.Relay.DisposeAsync();
        foreach (var task in new Task[] { atClient, atRelay, accepting })
            Assert.Equal(ChannelFailure.Transport, (await Assert.ThrowsAsync<ChannelException>(() => task.WaitAsync(Patience))).Failure);
        await Assert.ThrowsAsync<ChannelException>(async () => await lab.Relay.OpenSideStreamAsync(Deadline));
    }

    private static async Task OneWayAsync(IFrameStream from, IFrameStream to)
    {
        var sending = Task.Run(async () =>
        {
            for (uint i = 1; i <= Frames; i++) await from.SendAsync(i, i % 50 == 0 ? new ContentPart(new byte[200_000]) : new Ok(), Deadline);
        });
        for (uint i = 1; i <= Frames; i++) Assert.Equal(i, (await to.ReceiveAsync(Deadline))!.Value.RequestId);
        await sending;
    }

    private static async Task AnswerAndCloseAsync(IFrameStream relay, uint request)
    {
        await relay.SendAsync(request, new ContentPart(new byte[100_000]), Deadline);
        await relay.CompleteAsync(Deadline);
        await relay.DisposeAsync();
    }

    private async Task FillAsync(IFrameStream stream)
    {
        while (true)
        {
            await stream.SendAsync(1, new ContentPart(new byte[64 * 1024]));
            Interlocked.Increment(ref _filled);
        }
    }

    private async Task StandsStillAsync(IReadOnlyList<Task> stuck)
    {
        for (var last = -1; last != Volatile.Read(ref _filled);)
        {
            last = Volatile.Read(ref _filled);
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Deadline);
        }

        Assert.All(stuck, s => Assert.False(s.IsCompleted));
    }

    private async Task<Lab> OpenAsync()
    {
        if (!transport.IsSupported(out var why)) Assert.Skip(why ?? "not supported");
        var listener = await transport.ListenAsync(host, 0, Deadline);
        var accepting = listener.AcceptAsync(Deadline).AsTask();
        var connection = await transport.ConnectAsync(new RelayEndpoint(host, listener.Port), Deadline);
        var relay = SecureChannel.AcceptAsync(await accepting, ChannelLab.Relay, ChannelOptions.Default).AsTask();
        var client = await SecureChannel.ConnectAsync(connection, ChannelLab.Device, ChannelLab.Relay.Public.Fingerprint(), ChannelOptions.Default);
        return new Lab(listener, connection, client, await relay);
    }

    private sealed record Lab(IListener Listener, IConnection ClientConnection, IFrameChannel Client, IFrameChannel Relay) : IAsyncDisposable
    {
        public async Task<(IFrameStream Client, IFrameStream Relay)> StreamAsync()
        {
            var accepting = Relay.AcceptSideStreamAsync(Deadline).AsTask();
            var client = await Client.OpenSideStreamAsync(Deadline);
            return (client, await (await accepting).OpenAsync(Deadline));
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Relay.DisposeAsync();
            await Listener.DisposeAsync();
        }
    }
}

public sealed class MemorySideStreams() : SideStreamConformance(new MemoryNetwork(), "relay");

public sealed class QuicSideStreams() : SideStreamConformance(new QuicTransport(), "127.0.0.1");
