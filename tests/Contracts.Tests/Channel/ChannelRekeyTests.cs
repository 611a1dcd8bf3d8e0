using System.Buffers.Binary;
using Xunit;
using ZeroK.Channel;
using ZeroK.Channel.Internal;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Channel;

/// <summary>The channel rekeys where docs/PROTOCOL.md says: held against a client that the test itself is, since two ends that both forget to would agree.</summary>
public sealed class ChannelRekeyTests
{
    // What the document says, not the constant.
    private const uint Messages = 65_536;
    private static readonly byte[] Preface = [.. "0KSY"u8, 1, 1, 1];

    [Fact]
    public async Task Message_65537_of_the_relay_opens_under_the_rekeyed_key_and_not_under_the_old_one()
    {
        await using var lab = new ChannelLab();
        var (client, relay, noise) = await HandshakeAsync(lab);
        using var rekeyed = noise.Split(Messages);
        using var old = noise.Split(0);
        var opened = new byte[64];
        for (uint i = 1; i <= Messages; i++)
        {
            await relay.SendAsync(i, new Ok());
            var message = await MessageAsync(client);
            if (!old.TryOpen(message, opened) || !rekeyed.TryOpen(message, opened)) Assert.Fail($"Message {i} did not open.");
        }

        await relay.SendAsync(Messages + 1, new Ok());
        var next = await MessageAsync(client);
        Assert.False(old.TryOpen(next, opened), "It was sealed under the first key.");
        Assert.True(rekeyed.TryOpen(next, opened), "It was sealed under another key.");
    }

    [Fact]
    public async Task Message_65537_of_the_client_is_opened_under_the_rekeyed_key_and_not_under_the_old_one()
    {
        foreach (var rekeys in new[] { Messages, 0u })
        {
            await using var lab = new ChannelLab();
            var (client, relay, noise) = await HandshakeAsync(lab);
            using var session = noise.Split(rekeys);
            for (uint i = 1; i <= Messages; i++)
            {
                await client.SendAsync(Sealed(session, i));
                if ((await relay.ReceiveAsync())!.Value.RequestId != i) Assert.Fail($"Message {i} was not taken.");
            }

            await client.SendAsync(Sealed(session, Messages + 1));
            if (rekeys > 0) Assert.Equal(Messages + 1, (await relay.ReceiveAsync())!.Value.RequestId);
            else Assert.Equal(ChannelFailure.Cipher, (await Assert.ThrowsAsync<ChannelException>(() => relay.ReceiveAsync().AsTask())).Failure);
        }
    }

    private static async Task<(IConnection Client, IFrameChannel Relay, NoiseHandshake Noise)> HandshakeAsync(ChannelLab lab)
    {
        var (client, relay) = await lab.DialAsync();
        var accepting = SecureChannel.AcceptAsync(relay, ChannelLab.Relay, ChannelOptions.Default).AsTask();
        var noise = new NoiseHandshake(initiator: true, [.. "0ksync/1"u8, .. Preface], ChannelLab.Device);
        await client.SendAsync(HandshakeFrames.Frame(HandshakeFrameKind.Preface, Preface));
        while (!noise.IsDone)
        {
            var message = new byte[noise.NextMessageBytes];
            if (noise.IsMyTurn)
            {
                Assert.Equal(NoiseFailure.None, noise.Write([], message, out _));
                await client.SendAsync(HandshakeFrames.Frame(HandshakeFrameKind.Message, message));
            }
            else
            {
                await ReadAsync(client, new byte[HandshakeFrames.HeaderBytes]);
                await ReadAsync(client, message);
                Assert.Equal(NoiseFailure.None, noise.Read(message, []));
            }
        }

        return (client, await accepting, noise);
    }

    private static byte[] Sealed(NoiseSession session, uint requestId)
    {
        var frame = new System.Buffers.ArrayBufferWriter<byte>();
        WireCodec.Write(frame, requestId, new Ok());
        var message = new byte[2 + frame.WrittenCount + NoiseSession.TagBytes];
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)(message.Length - 2));
        session.Seal(frame.WrittenSpan, message.AsSpan(2));
        return message;
    }

    private static async Task<byte[]> MessageAsync(IConnection from)
    {
        var length = new byte[2];
        await ReadAsync(from, length);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await ReadAsync(from, message);
        return message;
    }

    private static async Task ReadAsync(IConnection from, byte[] buffer)
    {
        for (var have = 0; have < buffer.Length;)
        {
            var count = await from.ReceiveAsync(buffer.AsMemory(have));
            Assert.NotEqual(0, count);
            have += count;
        }
    }
}
