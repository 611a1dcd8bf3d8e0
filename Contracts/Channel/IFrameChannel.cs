using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Channel;

/// <summary>A session's pipe: frames, through the hybrid handshake's encryption, over a connection. It is the main stream; where the transport has streams, there are side streams, each with keys of its own.</summary>
/// <remarks>Disposing of it ends its side streams too.</remarks>
public interface IFrameChannel : IFrameStream
{
    /// <summary>The peer's static keys, proved by the handshake (a client's ML-KEM key only with its first frame).</summary>
    PeerIdentity Remote { get; }

    /// <summary>The handshake's hash, 32 bytes: the same on both sides, different for every session.</summary>
    ReadOnlyMemory<byte> HandshakeHash { get; }

    /// <summary>Which transport carries it.</summary>
    TransportKind Kind { get; }

    /// <summary>Whether the transport has streams: else <see cref="OpenSideStreamAsync"/> and <see cref="AcceptSideStreamAsync"/> don't work.</summary>
    bool HasSideStreams => false;

    /// <summary>Opens a side stream, at the client: nothing on it waits for what another stream carries. Waits while the peer takes no more of them.</summary>
    /// <exception cref="ChannelException">The connection is broken.</exception>
    /// <exception cref="NotSupportedException"><see cref="HasSideStreams"/> is false.</exception>
    ValueTask<IFrameStream> OpenSideStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("This channel has one stream.");

    /// <summary>Waits for the next side stream that the client opens, at the relay.</summary>
    /// <exception cref="ChannelException">The connection is broken.</exception>
    /// <exception cref="NotSupportedException"><see cref="HasSideStreams"/> is false.</exception>
    ValueTask<IArrivedStream> AcceptSideStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("This channel has one stream.");
}
