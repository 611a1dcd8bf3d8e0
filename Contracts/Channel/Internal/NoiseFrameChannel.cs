using System.Buffers.Binary;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>The main stream of a connection, and its side streams.</summary>
internal sealed class NoiseFrameChannel(IConnection connection, NoiseSession noise, PeerIdentity remote, byte[] handshakeHash, ChannelOptions options)
    : NoiseFrameStream(connection, noise, options, options.FrameBytesMax), IFrameChannel
{
    private readonly NoiseSession _noise = noise;
    private readonly ChannelOptions _options = options;
    private readonly StreamNumbers _used = new();
    private uint _lastOpened;

    public PeerIdentity Remote => remote;

    public ReadOnlyMemory<byte> HandshakeHash => handshakeHash;

    public TransportKind Kind => connection.Kind;

    public bool HasSideStreams => connection.HasStreams;

    public async ValueTask<IFrameStream> OpenSideStreamAsync(CancellationToken cancellationToken = default)
    {
        var stream = await StreamOfAsync(connection.OpenStreamAsync(cancellationToken)).ConfigureAwait(false);
        try
        {
            // A number is used up also when its stream fails.
            var number = Interlocked.Increment(ref _lastOpened);
            if (number is 0 or uint.MaxValue) throw new ChannelException(ChannelFailure.Closed, "All numbers of side streams are used up: the session must end.");
            var keys = _noise.Stream(number);
            var opening = new byte[StreamNumbers.Bytes];
            BinaryPrimitives.WriteUInt32BigEndian(opening, number);
            await stream.SendAsync(opening, cancellationToken).ConfigureAwait(false);
            return new NoiseFrameStream(stream, keys, _options, WireLimits.SideFrameBytesMax);
        }
        catch (Exception e)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            if (e is not (TransportException or ObjectDisposedException)) throw;
            throw new ChannelException(ChannelFailure.Transport, "The connection broke.", e);
        }
    }

    public async ValueTask<IArrivedStream> AcceptSideStreamAsync(CancellationToken cancellationToken = default) =>
        new Arrived(this, await StreamOfAsync(connection.AcceptStreamAsync(cancellationToken)).ConfigureAwait(false));

    private static async ValueTask<IByteStream> StreamOfAsync(ValueTask<IByteStream> made)
    {
        try
        {
            return await made.ConfigureAwait(false);
        }
        catch (Exception e) when (e is TransportException or ObjectDisposedException)
        {
            throw new ChannelException(ChannelFailure.Transport, "The connection broke.", e);
        }
    }

    // Its number, checked, and the keys that belong to it.
    private async ValueTask<NoiseSession> KeysOfAsync(IByteStream stream, CancellationToken cancellationToken)
    {
        var opening = new byte[StreamNumbers.Bytes];
        try
        {
            for (var have = 0; have < opening.Length;)
            {
                var count = await stream.ReceiveAsync(opening.AsMemory(have), cancellationToken).ConfigureAwait(false);
                if (count == 0) throw new ChannelException(ChannelFailure.Malformed, "A side stream ended before its number.");
                have += count;
            }

            return _used.TryUse(BinaryPrimitives.ReadUInt32BigEndian(opening))
                ? _noise.Stream(BinaryPrimitives.ReadUInt32BigEndian(opening))
                : throw new ChannelException(ChannelFailure.Malformed, "A side stream's number was used before, is too old, or is 0.");
        }
        catch (Exception e) when (e is TransportException or ObjectDisposedException)
        {
            throw new ChannelException(ChannelFailure.Transport, "The connection broke.", e);
        }
    }

    private sealed class Arrived(NoiseFrameChannel channel, IByteStream stream) : IArrivedStream
    {
        public async ValueTask<IFrameStream> OpenAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return new NoiseFrameStream(stream, await channel.KeysOfAsync(stream, cancellationToken).ConfigureAwait(false), channel._options, WireLimits.SideFrameBytesMax);
            }
            catch
            {
                await stream.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}
