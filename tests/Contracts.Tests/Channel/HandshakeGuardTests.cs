using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Channel;
using ZeroK.Channel.Internal;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Channel;

/// <summary>What a relay asks for before it computes anything: first bytes in time, a cookie under load, and a handshake's worth of computing.</summary>
public sealed class HandshakeGuardTests
{
    private const int FirstChunkBytes = 3 + 7 + 3 + 1216;
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 6)]
    public async Task Client_of_a_loaded_relay_sends_back_the_cookie_and_the_handshake_goes_on(bool loaded, int chunks)
    {
        var guard = new Guard { IsLoaded = loaded };
        await using var lab = new ChannelLab { Options = new ChannelOptions { Guard = guard } };
        var sent = new List<(MemoryDirection, int)>();
        lab.Network.Tap = chunk =>
        {
            lock (sent) sent.Add((chunk.Direction, chunk.Bytes.Length));
            return ValueTask.FromResult(chunk.Bytes);
        };
        var (client, relay) = await lab.OpenAsync();
        Assert.Equal(client.HandshakeHash.ToArray(), relay.HandshakeHash.ToArray());
        Assert.Equal((1, chunks), (guard.Begun, sent.Count));
        if (loaded) Assert.Equal([(MemoryDirection.ToRelay, FirstChunkBytes), (MemoryDirection.ToClient, 35), (MemoryDirection.ToRelay, 35)], sent.Take(3));
    }

    [Fact]
    public async Task Replayed_first_message_gets_a_cookie_and_nothing_is_computed_for_it()
    {
        var recorded = Array.Empty<byte>();
        await using (var lab = new ChannelLab())
        {
            lab.Network.Tap = chunk =>
            {
                if (recorded.Length == 0) recorded = chunk.Bytes.ToArray();
                return ValueTask.FromResult(chunk.Bytes);
            };
            await lab.OpenAsync();
        }

        Assert.Equal(FirstChunkBytes, recorded.Length);
        var guard = new Guard { IsLoaded = true };
        await using var loaded = new ChannelLab { Options = new ChannelOptions { Guard = guard, Time = _time, FirstBytesTimeout = TimeSpan.FromSeconds(3) } };
        for (var i = 0; i < 20; i++)
        {
            var (client, relay) = await loaded.DialAsync();
            var accepting = Outcome.OfAsync(SecureChannel.AcceptAsync(relay, ChannelLab.Relay, loaded.Options));
            await client.SendAsync(recorded);
            Assert.Equal(35, await ReadAsync(client, 35));
            _time.Advance(TimeSpan.FromSeconds(3.1));
            Assert.Equal(ChannelFailure.Timeout, (await accepting).Error!.Failure);
        }

        Assert.Equal(0, guard.Begun);
    }

    [Fact]
    public async Task Cookie_that_was_not_given_is_refused_before_anything_is_computed()
    {
        var guard = new Guard { IsLoaded = true };
        await using var lab = new ChannelLab { Options = new ChannelOptions { Guard = guard } };
        lab.Change(MemoryDirection.ToRelay, 1, bytes =>
        {
            bytes[^1] ^= 1;
            return bytes;
        });
        var (client, relay) = await lab.HandshakeAsync();
        Assert.Equal(ChannelFailure.Malformed, relay.Error!.Failure);
        Assert.Equal((ChannelFailure.Refused, 0), (client.Error!.Failure, guard.Begun));
    }

    [Fact]
    public async Task Client_sends_back_one_cookie_and_takes_no_second_one()
    {
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.DialAsync();
        var connecting = Outcome.OfAsync(SecureChannel.ConnectAsync(client, ChannelLab.Device, ChannelLab.Relay.Public.Fingerprint(), lab.Options));
        Assert.Equal(FirstChunkBytes, await ReadAsync(relay, FirstChunkBytes));
        await relay.SendAsync(HandshakeFrames.Frame(HandshakeFrameKind.Cookie, new byte[32]));
        Assert.Equal(35, await ReadAsync(relay, 35));
        await relay.SendAsync(HandshakeFrames.Frame(HandshakeFrameKind.Cookie, new byte[32]));
        Assert.Equal(ChannelFailure.Malformed, (await connecting).Error!.Failure);
    }

    [Fact]
    public async Task Relay_with_no_computing_left_says_so_and_when_to_come_back()
    {
        await using var lab = new ChannelLab { Options = new ChannelOptions { Guard = new Guard { RetryAfterMs = 4321 } } };
        var (client, relay) = await lab.HandshakeAsync();
        Assert.Equal(ChannelFailure.NoRoom, relay.Error!.Failure);
        Assert.Equal((ChannelFailure.Refused, ErrorCode.TooManyConnections, 4321u), (client.Error!.Failure, client.Error.Code, client.Error.RetryAfterMs));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(FirstChunkBytes - 1)]
    public async Task First_bytes_have_a_short_time_of_their_own(int sent)
    {
        var options = new ChannelOptions { Time = _time, FirstBytesTimeout = TimeSpan.FromSeconds(3) };
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.DialAsync();
        byte[] first = [.. HandshakeFrames.Frame(HandshakeFrameKind.Preface, [.. "0KSY"u8, 1, 1, 1]), .. HandshakeFrames.Frame(HandshakeFrameKind.Message, new byte[1216])];
        await client.SendAsync(first.AsMemory(0, sent));
        var accepting = Outcome.OfAsync(SecureChannel.AcceptAsync(relay, ChannelLab.Relay, options));
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(accepting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal((ChannelFailure.Timeout, 1), ((await accepting).Error!.Failure, (await accepting).Error!.HandshakeMessage));
    }

    [Fact]
    public void Cookie_is_right_for_its_address_its_message_and_a_short_time()
    {
        byte[] first = [1, 2, 3];
        var cookie = HandshakeCookie.Make("192.0.2.1", first, _time);
        Assert.Equal(HandshakeCookie.Bytes, cookie.Length);
        Assert.True(HandshakeCookie.IsRight(cookie, "192.0.2.1", first, _time));
        Assert.False(HandshakeCookie.IsRight(cookie, "192.0.2.2", first, _time));
        Assert.False(HandshakeCookie.IsRight(cookie, "192.0.2.1", [1, 2, 4], _time));
        Assert.False(HandshakeCookie.IsRight(new byte[32], "192.0.2.1", first, _time));
        Assert.False(HandshakeCookie.IsRight([], "192.0.2.1", first, _time));
        _time.Advance(HandshakeCookie.Lifetime);
        Assert.True(HandshakeCookie.IsRight(cookie, "192.0.2.1", first, _time));
        _time.Advance(HandshakeCookie.Lifetime);
        Assert.False(HandshakeCookie.IsRight(cookie, "192.0.2.1", first, _time));
    }

    private static async Task<int> ReadAsync(IConnection from, int bytes)
    {
        var have = 0;
        var buffer = new byte[bytes];
        while (have < bytes && await from.ReceiveAsync(buffer.AsMemory(have)) is > 0 and var count) have += count;
        return have;
    }

    private sealed class Guard : IHandshakeGuard
    {
        public bool IsLoaded { get; init; }

        public uint RetryAfterMs { get; init; }

        public int Begun { get; private set; }

        public bool TryBegin(out uint retryAfterMs)
        {
            retryAfterMs = RetryAfterMs;
            if (retryAfterMs == 0) Begun++;
            return retryAfterMs == 0;
        }
    }
}
