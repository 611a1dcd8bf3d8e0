using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Channel;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Channel;

/// <summary>Somebody in between. No change of any byte leads to a session.</summary>
public sealed class HandshakeAttackTests
{
    private const int FirstChunkBytes = 3 + 7 + 3 + 1216;
    private static readonly (MemoryDirection Direction, int Number, int Bytes)[] Chunks =
    [
        (MemoryDirection.ToRelay, 0, FirstChunkBytes),
        (MemoryDirection.ToClient, 0, 3 + 3568),
        (MemoryDirection.ToRelay, 1, 3 + 2368),
        (MemoryDirection.ToClient, 1, 3 + 1120),
    ];

    [Fact]
    public async Task Unchanged_the_handshake_ends_with_one_session()
    {
        await using var lab = new ChannelLab();
        var (client, relay) = await lab.OpenAsync();
        Assert.Equal(client.HandshakeHash.ToArray(), relay.HandshakeHash.ToArray());
        Assert.Equal(ChannelLab.Relay.Public.Fingerprint(), client.Remote.Fingerprint());
        Assert.Equal(ChannelLab.Device.Public.Fingerprint(), relay.Remote.Fingerprint());
    }

    [Fact]
    public async Task Any_flipped_bit_in_any_message_ends_both_sides_with_a_typed_error()
    {
        var gen = from chunk in Gen.Int[0, Chunks.Length - 1] from at in Gen.Int[0, Chunks[chunk].Bytes - 1] from bit in Gen.Int[0, 7] select (chunk, at, bit);
        await gen.SampleAsync(async flip => await FlipAsync(flip.chunk, flip.at, flip.bit), iter: 300, threads: 1);
    }

    // The ends of each message and the bits that X25519 ignores or masks are where an implementation would forget to look.
    [Fact]
    public async Task First_and_last_bytes_of_every_message_are_covered_too()
    {
        for (var chunk = 0; chunk < Chunks.Length; chunk++)
        {
            foreach (var at in new[] { 3, 4, Chunks[chunk].Bytes - 17, Chunks[chunk].Bytes - 16, Chunks[chunk].Bytes - 1 })
                await FlipAsync(chunk, at, 7);
        }

        await FlipAsync(0, 3 + 7 + 3 + 31, 7); // Bit 255 of e: masked in X25519, bound by the transcript.
        await FlipAsync(1, 3 + 1088 + 31, 7);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_message_cut_short_and_then_nothing_runs_into_the_time_limit(int chunk)
    {
        var time = new FakeTimeProvider();
        await using var lab = new ChannelLab { Options = new ChannelOptions { Time = time } };
        lab.Change(Chunks[chunk].Direction, Chunks[chunk].Number, bytes => bytes[..^1]);
        var handshake = lab.HandshakeAsync();
        while (!handshake.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var (client, relay) = await handshake;
        Assert.True(client.Error is not null || relay.Error is not null);
        Assert.Contains(new[] { client.Error?.Failure, relay.Error?.Failure }, f => f is ChannelFailure.Timeout);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_message_of_another_session_is_refused(int number)
    {
        byte[] recorded = [];
        await using (var first = new ChannelLab())
        {
            first.Change(MemoryDirection.ToRelay, number, bytes => recorded = bytes);
            await first.OpenAsync();
        }

        await using var second = new ChannelLab();
        second.Change(MemoryDirection.ToRelay, number, _ => recorded);
        AssertNoSession(await second.HandshakeAsync());
    }

    [Theory]
    [InlineData(0, ChannelFailure.TooLarge)]
    [InlineData(1, ChannelFailure.TooLarge)]
    [InlineData(2, ChannelFailure.TooLarge)]
    [InlineData(3, ChannelFailure.TooLarge)]
    public async Task A_longer_length_is_refused_on_the_length_field(int chunk, ChannelFailure expected)
    {
        await using var lab = new ChannelLab();
        lab.Change(Chunks[chunk].Direction, Chunks[chunk].Number, bytes =>
        {
            (bytes[1], bytes[2]) = (0xff, 0xff);
            return bytes[..3]; // The body never comes: who waits for it waits in vain.
        });
        var (client, relay) = await lab.HandshakeAsync();
        Assert.Contains(new[] { client.Error?.Failure, relay.Error?.Failure }, f => f == expected);
    }

    [Theory]
    [InlineData(4, ChannelFailure.Version)] // offered min raised above what the relay speaks
    [InlineData(6, ChannelFailure.Version)] // another choice
    public async Task A_changed_preface_is_refused_as_a_version_that_is_not_spoken(int at, ChannelFailure expected)
    {
        await using var lab = new ChannelLab();
        lab.Change(MemoryDirection.ToRelay, 0, bytes =>
        {
            bytes[3 + at] = 2;
            return bytes;
        });
        var (client, relay) = await lab.HandshakeAsync();
        Assert.Equal(expected, relay.Error?.Failure);
        Assert.Equal(expected, client.Error?.Failure);
        Assert.Equal(ErrorCode.UnsupportedVersion, client.Error?.Code);
    }

    [Fact]
    public async Task A_changed_offer_that_leads_to_the_same_choice_is_caught_by_the_transcript()
    {
        await using var lab = new ChannelLab();
        lab.Change(MemoryDirection.ToRelay, 0, bytes =>
        {
            bytes[3 + 5] = 9;
            return bytes;
        });
        var (client, _) = await lab.HandshakeAsync();
        Assert.Equal(2, client.Error?.HandshakeMessage);
        Assert.True(client.Error?.Failure is ChannelFailure.Cipher or ChannelFailure.MlKem);
    }

    [Fact]
    public async Task With_another_identity_nothing_is_sent_after_message_1_but_a_refusal()
    {
        await using var lab = new ChannelLab();
        var sent = new List<int>();
        lab.Network.Tap = chunk =>
        {
            if (chunk.Direction == MemoryDirection.ToRelay)
            {
                lock (sent) sent.Add(chunk.Bytes.Length);
            }

            return ValueTask.FromResult(chunk.Bytes);
        };
        var (client, relay) = await lab.DialAsync();
        var accepting = Outcome.OfAsync(SecureChannel.AcceptAsync(relay, ChannelLab.Relay, lab.Options));
        var error = (await Outcome.OfAsync(SecureChannel.ConnectAsync(client, ChannelLab.Device, ChannelLab.Device.Public.Fingerprint(), lab.Options))).Error;
        Assert.Equal(ChannelFailure.Identity, error?.Failure);
        Assert.NotNull((await accepting).Error);
        Assert.Equal(FirstChunkBytes, sent[0]);
        Assert.All(sent.Skip(1), bytes => Assert.True(bytes < 16, $"{bytes} bytes followed message 1"));
    }

    private static async Task FlipAsync(int chunk, int at, int bit)
    {
        await using var lab = new ChannelLab { OnAccepted = ReceiveAndCloseAsync };
        lab.Change(Chunks[chunk].Direction, Chunks[chunk].Number, bytes =>
        {
            Assert.Equal(Chunks[chunk].Bytes, bytes.Length);
            bytes[at] ^= (byte)(1 << bit);
            return bytes;
        });
        AssertNoSession(await lab.HandshakeAsync());
    }

    // The relay has done its part once message 4 is sent: then its first receive must fail.
    private static async Task ReceiveAndCloseAsync(IFrameChannel relay)
    {
        await using (relay) await relay.ReceiveAsync();
    }

    private static void AssertNoSession((Outcome Client, Outcome Relay) ends)
    {
        Assert.All(new[] { ends.Client.Error, ends.Relay.Error }, error =>
        {
            Assert.NotNull(error);
            Assert.NotEqual(ChannelFailure.None, error.Failure);
        });
        Assert.InRange(ends.Client.Error!.HandshakeMessage, 1, 4);
    }
}
