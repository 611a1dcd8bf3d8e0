using System.Security.Cryptography;
using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

/// <summary>What every transport must do. A new transport is a class with nothing but its constructor.</summary>
public abstract class TransportConformance(ITransport transport, string address, string host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Deadline => new CancellationTokenSource(Patience, TimeProvider.System).Token;

    [Fact]
    public async Task What_one_side_sends_the_other_receives_and_answers()
    {
        await using var pair = await ConnectAsync();
        await pair.Client.SendAsync("ping"u8.ToArray(), Deadline);
        Assert.Equal("ping"u8.ToArray(), await ReadAsync(pair.Relay, 4));
        await pair.Relay.SendAsync("pong"u8.ToArray(), Deadline);
        Assert.Equal("pong"u8.ToArray(), await ReadAsync(pair.Client, 4));
        Assert.Equal(transport.Kind, pair.Relay.Kind);
        Assert.Equal(transport.Kind == TransportKind.Memory ? "memory" : "127.0.0.1", pair.Relay.RemoteAddress);
    }

    [Fact]
    public async Task The_relay_may_speak_first()
    {
        await using var pair = await ConnectAsync();
        await pair.Relay.SendAsync("hi"u8.ToArray(), Deadline);
        Assert.Equal("hi"u8.ToArray(), await ReadAsync(pair.Client, 2));
    }

    [Fact]
    public async Task Ten_mebibytes_in_random_chunks_arrive_in_order_both_ways_at_once()
    {
        await using var pair = await ConnectAsync();
        var (up, down) = (RandomBytes(1, 10 << 20), RandomBytes(2, 10 << 20));
        var sending = Task.WhenAll(SendInChunksAsync(pair.Client, up, 3), SendInChunksAsync(pair.Relay, down, 4));
        var received = await Task.WhenAll(ReadAsync(pair.Relay, up.Length), ReadAsync(pair.Client, down.Length));
        await sending;
        Assert.Equal(SHA256.HashData(up), SHA256.HashData(received[0]));
        Assert.Equal(SHA256.HashData(down), SHA256.HashData(received[1]));
    }

    [Fact]
    public async Task After_half_close_the_rest_arrives_and_the_other_direction_goes_on()
    {
        await using var pair = await ConnectAsync();
        await pair.Client.SendAsync("last words"u8.ToArray(), Deadline);
        await pair.Client.CompleteAsync(Deadline);
        Assert.Equal("last words"u8.ToArray(), await ReadAsync(pair.Relay, 10));
        Assert.Equal(0, await pair.Relay.ReceiveAsync(new byte[1], Deadline));
        await pair.Relay.SendAsync("heard"u8.ToArray(), Deadline);
        Assert.Equal("heard"u8.ToArray(), await ReadAsync(pair.Client, 5));
    }

    [Fact]
    public async Task An_abort_by_the_peer_ends_a_pending_receive()
    {
        await using var pair = await ConnectAsync();
        var receiving = ReceiveOrGoneAsync(pair.Relay);
        await pair.Client.DisposeAsync();
        Assert.Equal(0, await receiving.WaitAsync(Patience));
    }

    [Fact]
    public async Task Sending_to_a_peer_that_is_gone_fails()
    {
        await using var pair = await ConnectAsync();
        await pair.Client.DisposeAsync();
        await Assert.ThrowsAsync<TransportException>(async () =>
        {
            while (true) await pair.Relay.SendAsync(new byte[64 * 1024], Deadline);
        });
    }

    [Fact]
    public async Task Disposing_ends_ones_own_pending_receive_and_later_calls()
    {
        await using var pair = await ConnectAsync();
        var receiving = ReceiveOrGoneAsync(pair.Client);
        await pair.Client.DisposeAsync();
        Assert.Equal(0, await receiving.WaitAsync(Patience));
        await Assert.ThrowsAsync<TransportException>(async () => await pair.Client.SendAsync(new byte[1], Deadline));
        await pair.Client.DisposeAsync();
    }

    [Fact]
    public async Task A_sender_to_a_peer_that_does_not_read_comes_to_a_stop()
    {
        const int FarTooMuch = 256 << 20;
        await using var pair = await ConnectAsync();
        var sent = 0L;
        using var stop = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            while (Volatile.Read(ref sent) < FarTooMuch)
            {
                await pair.Client.SendAsync(new byte[64 * 1024], stop.Token);
                Interlocked.Add(ref sent, 64 * 1024);
            }
        });

        // It has come to a stop when for half a second nothing more was taken.
        for (var last = -1L; last != Volatile.Read(ref sent);)
        {
            last = Volatile.Read(ref sent);
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Deadline);
        }

        Assert.False(sending.IsCompleted);
        Assert.True(sent < FarTooMuch);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sending.WaitAsync(Patience));
    }

    [Fact]
    public async Task An_empty_buffer_waits_until_there_is_something_and_takes_nothing()
    {
        await using var pair = await ConnectAsync();
        var waiting = pair.Relay.ReceiveAsync(Memory<byte>.Empty, Deadline).AsTask();
        await pair.Client.SendAsync("x"u8.ToArray(), Deadline);
        Assert.Equal(0, await waiting.WaitAsync(Patience));
        Assert.Equal("x"u8.ToArray(), await ReadAsync(pair.Relay, 1));

        // The system may wake a reader for nothing, seldom: it looks again.
        var again = Task.FromResult(0);
        for (var tries = 0; again.IsCompleted && tries < 5; tries++)
        {
            again = pair.Relay.ReceiveAsync(Memory<byte>.Empty, Deadline).AsTask();
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Deadline);
        }

        Assert.False(again.IsCompleted, "It did not wait.");
        await pair.Client.SendAsync("y"u8.ToArray(), Deadline);
        Assert.Equal(0, await again.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_silent_connection_does_not_hold_up_the_next_ones()
    {
        Require();
        await using var listener = await transport.ListenAsync(address, 0, Deadline);
        var clients = new List<IConnection>();
        var relays = new List<IConnection>();
        for (byte i = 0; i < 50; i++)
        {
            var accepting = listener.AcceptAsync(Deadline).AsTask();
            clients.Add(await transport.ConnectAsync(new RelayEndpoint(host, listener.Port), Deadline));
            relays.Add(await accepting);
        }

        // The first stays silent; the others talk.
        for (byte i = 1; i < 50; i++)
        {
            await clients[i].SendAsync(new[] { i }, Deadline);
            Assert.Equal([i], await ReadAsync(relays[i], 1));
        }

        foreach (var connection in clients.Concat(relays)) await connection.DisposeAsync();
    }

    [Fact]
    public async Task A_disposed_listener_ends_a_pending_accept()
    {
        Require();
        var listener = await transport.ListenAsync(address, 0, Deadline);
        var accepting = listener.AcceptAsync(Deadline).AsTask();
        await listener.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await listener.AcceptAsync(Deadline));
    }

    [Fact]
    public async Task A_taken_port_is_refused_with_a_reason()
    {
        Require();
        await using var first = await transport.ListenAsync(address, 0, Deadline);
        var refused = await Assert.ThrowsAsync<TransportException>(async () => await transport.ListenAsync(address, first.Port, Deadline));
        Assert.Contains("taken", refused.Message.Replace("another program has this port", "taken", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_listens_connecting_fails_with_a_reason()
    {
        Require();
        int port;
        await using (var listener = await transport.ListenAsync(address, 0, Deadline)) port = listener.Port;
        var refused = await Assert.ThrowsAsync<TransportException>(async () => await transport.ConnectAsync(new RelayEndpoint(host, port), Deadline));
        Assert.NotEmpty(refused.Message);
    }

    [Fact]
    public async Task Extra_streams_work_both_ways_or_are_refused()
    {
        await using var pair = await ConnectAsync();
        if (!pair.Client.HasStreams)
        {
            await Assert.ThrowsAsync<NotSupportedException>(async () => await pair.Client.OpenStreamAsync(Deadline));
            await Assert.ThrowsAsync<NotSupportedException>(async () => await pair.Relay.AcceptStreamAsync(Deadline));
            return;
        }

        foreach (var (opens, accepts) in new[] { (pair.Client, pair.Relay), (pair.Relay, pair.Client) })
        {
            await using var opened = await opens.OpenStreamAsync(Deadline);
            await opened.SendAsync("extra"u8.ToArray(), Deadline);
            await using var accepted = await accepts.AcceptStreamAsync(Deadline);
            Assert.Equal("extra"u8.ToArray(), await ReadAsync(accepted, 5));
        }

        // The main stream is not disturbed.
        await pair.Client.SendAsync("main"u8.ToArray(), Deadline);
        Assert.Equal("main"u8.ToArray(), await ReadAsync(pair.Relay, 4));
    }

    protected void Require()
    {
        if (!transport.IsSupported(out var why)) Assert.Skip(why ?? "not supported");
    }

    protected async Task<Pair> ConnectAsync()
    {
        Require();
        var listener = await transport.ListenAsync(address, 0, Deadline);
        var accepting = listener.AcceptAsync(Deadline).AsTask();
        var client = await transport.ConnectAsync(new RelayEndpoint(host, listener.Port), Deadline);
        return new Pair(listener, client, await accepting);
    }

    private static byte[] RandomBytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task SendInChunksAsync(IByteStream stream, ReadOnlyMemory<byte> bytes, int seed)
    {
        var random = new Random(seed);
        while (bytes.Length > 0)
        {
            var count = Math.Min(bytes.Length, random.Next(1, 100_000));
            await stream.SendAsync(bytes[..count], Deadline);
            bytes = bytes[count..];
        }
    }

    private static async Task<byte[]> ReadAsync(IByteStream stream, int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var got = await stream.ReceiveAsync(bytes.AsMemory(have), Deadline);
            Assert.True(got > 0, "The stream ended too early.");
            have += got;
        }

        return bytes;
    }

    /// <summary>An abort shows as an exception, or (TCP's close with nothing unread) as an end.</summary>
    private static async Task<int> ReceiveOrGoneAsync(IConnection connection)
    {
        try
        {
            return await connection.ReceiveAsync(new byte[1], Deadline);
        }
        catch (TransportException)
        {
            return 0;
        }
    }

    protected sealed record Pair(IListener Listener, IConnection Client, IConnection Relay) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Relay.DisposeAsync();
            await Listener.DisposeAsync();
        }
    }
}
