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
    /// <remarks>Frames queued while one write is under way leave together in the next.</remarks>
    /// <exception cref="ChannelException">The channel is broken.</exception>
    ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default);

    /// <summary>The next frame; null when the peer has completed its side. One caller at a time.</summary>
    /// <exception cref="ChannelException">The channel is broken, or the peer sent what is not allowed: <see cref="ChannelException.Failure"/> says which.</exception>
    ValueTask<WireFrame?> ReceiveAsync(CancellationToken cancellationToken = default);

    /// <summary>Sends what is queued and says that nothing more will come.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken = default);
}

/// <summary>Makes channels: runs the handshake on a connection.</summary>
public static class SecureChannel
{
    /// <summary>The client's side. Owns <paramref name="connection"/> from now on, also when it throws.</summary>
    /// <param name="connection">A fresh connection.</param>
    /// <param name="local">This device.</param>
    /// <param name="relayFingerprint">The pinned fingerprint of the relay, 32 bytes; another identity is refused before anything of ours is shown beyond our ephemeral keys.</param>
    /// <param name="options">Limits and time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ChannelException">The handshake failed.</exception>
    public static ValueTask<IFrameChannel> ConnectAsync(IConnection connection, StaticIdentity local, ReadOnlyMemory<byte> relayFingerprint, ChannelOptions options, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The relay's side. Owns <paramref name="connection"/> from now on, also when it throws.</summary>
    /// <exception cref="ChannelException">The handshake failed.</exception>
    public static ValueTask<IFrameChannel> AcceptAsync(IConnection connection, StaticIdentity local, ChannelOptions options, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Refuses a connection before any handshake: one small clear-text frame with a code and a time to come back, then closes. The client sees <see cref="ChannelFailure.Refused"/>.</summary>
    public static ValueTask RefuseAsync(IConnection connection, ErrorCode code, uint retryAfterMs, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}

/// <summary>How a channel behaves.</summary>
public sealed record ChannelOptions
{
    public static ChannelOptions Default { get; } = new();

    /// <summary>The whole handshake takes at most so long. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest frame taken at first, bytes. Default <see cref="WireLimits.FrameBytesMax"/>.</summary>
    public int FrameBytesMax { get; init; } = WireLimits.FrameBytesMax;

    /// <summary>Bytes that may wait to be sent before <see cref="IFrameChannel.SendAsync"/> waits. Default 1 MiB.</summary>
    public int SendQueueBytesMax { get; init; } = 1024 * 1024;

    /// <summary>A frame that the peer doesn't take within this time breaks the channel. Default 30 s.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Where a channel broke, without naming a secret.</summary>
public enum ChannelFailure
{
    None = 0,
    /// <summary>The transport failed or the peer closed in the middle.</summary>
    Transport,
    /// <summary>The handshake or a send took too long.</summary>
    Timeout,
    /// <summary>The peer refused the connection before the handshake: see <see cref="ChannelException.Code"/>.</summary>
    Refused,
    /// <summary>No common protocol version.</summary>
    Version,
    /// <summary>An X25519 key or result was not acceptable.</summary>
    X25519,
    /// <summary>An ML-KEM key, ciphertext or result was not acceptable.</summary>
    MlKem,
    /// <summary>A message did not open: wrong keys, or changed on the way.</summary>
    Cipher,
    /// <summary>The relay is not the one whose fingerprint was pinned.</summary>
    Identity,
    /// <summary>A length is above its limit.</summary>
    TooLarge,
    /// <summary>The bytes are not a message.</summary>
    Malformed,
    /// <summary>This side closed the channel.</summary>
    Closed,
}

/// <summary>A channel could not be made, or broke.</summary>
public sealed class ChannelException : IOException
{
    public ChannelException(ChannelFailure failure, string message, Exception? inner = null) : base(message, inner) => Failure = failure;
    public ChannelException() { }
    public ChannelException(string message) : base(message) { }
    public ChannelException(string message, Exception inner) : base(message, inner) { }

    /// <summary>What failed.</summary>
    public ChannelFailure Failure { get; }

    /// <summary>The handshake message (1 to 4) at which it failed; 0: not in the handshake.</summary>
    public int HandshakeMessage { get; init; }

    /// <summary>With <see cref="ChannelFailure.Refused"/>: why.</summary>
    public ErrorCode Code { get; init; }

    /// <summary>With <see cref="ChannelFailure.Refused"/>: when to come back, milliseconds.</summary>
    public uint RetryAfterMs { get; init; }

    /// <summary>With <see cref="ChannelFailure.Malformed"/> or <see cref="ChannelFailure.TooLarge"/> of a frame: its request id, 0 if unknown.</summary>
    public uint RequestId { get; init; }
}
