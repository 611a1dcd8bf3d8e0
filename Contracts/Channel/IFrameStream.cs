using ZeroK.Wire;

namespace ZeroK.Channel;

/// <summary>Frames on one encrypted stream: a session's main stream, or one of its side streams.</summary>
public interface IFrameStream : IAsyncDisposable
{
    /// <summary>The largest frame that <see cref="ReceiveAsync"/> takes, bytes. A main stream's starts at <see cref="ChannelOptions.FrameBytesMax"/>, a side stream's at <see cref="WireLimits.SideFrameBytesMax"/>.</summary>
    int FrameBytesMax { get; set; }

    /// <summary>Queues a frame and completes when the transport has taken it, or earlier while the queue is short. Many callers at once; order per caller is kept.</summary>
    /// <remarks>Frames queued while one write is under way leave together in the next. Once it has completed, however it did, nobody reads the message's memory any more.</remarks>
    /// <exception cref="ChannelException">The stream is broken.</exception>
    ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default);

    /// <summary>Queues frames that leave in one write. Otherwise as <see cref="SendAsync"/>.</summary>
    /// <exception cref="ChannelException">The stream is broken.</exception>
    async ValueTask SendAllAsync(IReadOnlyList<WireFrame> frames, CancellationToken cancellationToken = default)
    {
        foreach (var frame in frames) await SendAsync(frame.RequestId, frame.Message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next frame; null when the peer has completed its side. One caller at a time.</summary>
    /// <exception cref="ChannelException">The stream is broken, or the peer sent what is not allowed: <see cref="ChannelException.Failure"/> says which.</exception>
    ValueTask<WireFrame?> ReceiveAsync(CancellationToken cancellationToken = default);

    /// <summary>Completes when the transport has begun to take what is queued now: at once when nothing waits. For what is better replaced than queued twice.</summary>
    /// <exception cref="ChannelException">The stream is broken.</exception>
    ValueTask TakenAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>Sends what is queued and says that nothing more will come.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken = default);
}

/// <summary>A side stream that the peer has opened, before its number was read. Disposing of it refuses it.</summary>
public interface IArrivedStream : IAsyncDisposable
{
    /// <summary>Reads its number and makes its keys; the stream is the caller's from then on. If it throws, or is cancelled, the stream is gone.</summary>
    /// <exception cref="ChannelException">The number was used before, or did not come.</exception>
    ValueTask<IFrameStream> OpenAsync(CancellationToken cancellationToken = default);
}
