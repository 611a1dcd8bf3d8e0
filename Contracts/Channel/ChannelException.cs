using ZeroK.Wire;

namespace ZeroK.Channel;

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
    /// <summary>This side had no room for a large frame, for too long.</summary>
    NoRoom,
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
