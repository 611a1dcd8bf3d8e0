using ZeroK.Wire;

namespace ZeroK.Channel;

/// <summary>How a channel behaves.</summary>
public sealed record ChannelOptions
{
    public static ChannelOptions Default { get; } = new();

    /// <summary>The whole handshake takes at most so long. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>At the relay: a client's first bytes, preface and message 1, and later its cookie, come within this time. Default 10 s.</summary>
    public TimeSpan FirstBytesTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>At the relay: asked before anything is computed for a client; null: nobody is.</summary>
    public IHandshakeGuard? Guard { get; init; }

    /// <summary>The largest frame taken at first, bytes. Default <see cref="WireLimits.FrameBytesMax"/>.</summary>
    public int FrameBytesMax { get; init; } = WireLimits.FrameBytesMax;

    /// <summary>Bytes that may wait to be sent before <see cref="IFrameStream.SendAsync"/> waits. Default 1 MiB.</summary>
    public int SendQueueBytesMax { get; init; } = 1024 * 1024;

    /// <summary>What is written together, a frame or a few, that the peer doesn't take within this time, and a second more for each <see cref="BytesPerSecondMin"/>, breaks its stream; on the main one, the channel. Default 30 s.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A frame that was begun and isn't whole within this time, and a second more for each <see cref="BytesPerSecondMin"/> of it that came, breaks its stream likewise. Default 30 s.</summary>
    public TimeSpan FrameTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The slowest that a frame may move, bytes in a second. Default 1,024.</summary>
    public int BytesPerSecondMin { get; init; } = 1024;

    /// <summary>Counts what begun frames hold; null: nobody does.</summary>
    public IFrameBudget? FrameBudget { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
