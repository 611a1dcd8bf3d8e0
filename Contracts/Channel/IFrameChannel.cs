using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel;

/// <summary>A session's pipe: frames, through the hybrid handshake's encryption, over a connection.</summary>
public interface IFrameChannel : IAsyncDisposable
{
    /// <summary>The peer's static keys, proved by the handshake (a client's ML-KEM key only with its first frame).</summary>
    PeerIdentity Remote { get; }

    /// <summary>The handshake's hash, 32 bytes: the same on both sides, different for every session.</summary>
    ReadOnlyMemory<byte> HandshakeHash { get; }

    /// <summary>Which transport carries it.</summary>
    TransportKind Kind { get; }

    /// <summary>The largest frame that <see cref="ReceiveAsync"/> takes; starts at <see cref="ChannelOptions.FrameBytesMax"/>.</summary>
    int FrameBytesMax { get; set; }

    /// <summary>Queues a frame and completes when it was handed to the transport, or earlier while the queue is short. Many callers at once; order per caller is kept.</summary>
    /// <remarks>Frames queued while one write is under way leave together in the next. Once it has completed, however it did, nobody reads the message's memory any more.</remarks>
    /// <exception cref="ChannelException">The channel is broken.</exception>
    ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default);

    /// <summary>Queues frames that leave in one write. Otherwise as <see cref="SendAsync"/>.</summary>
    /// <exception cref="ChannelException">The channel is broken.</exception>
    async ValueTask SendAllAsync(IReadOnlyList<WireFrame> frames, CancellationToken cancellationToken = default)
    {
        foreach (var frame in frames) await SendAsync(frame.RequestId, frame.Message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next frame; null when the peer has completed its side. One caller at a time.</summary>
    /// <exception cref="ChannelException">The channel is broken, or the peer sent what is not allowed: <see cref="ChannelException.Failure"/> says which.</exception>
    ValueTask<WireFrame?> ReceiveAsync(CancellationToken cancellationToken = default);

    /// <summary>Completes when the transport has begun to take what is queued now: at once when nothing waits. For what is better replaced than queued twice.</summary>
    /// <exception cref="ChannelException">The channel is broken.</exception>
    ValueTask TakenAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>Sends what is queued and says that nothing more will come.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken = default);
}
