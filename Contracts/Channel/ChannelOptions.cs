using ZeroK.Wire;

namespace ZeroK.Channel;

/// <summary>How a channel behaves.</summary>
public sealed record ChannelOptions
{
    public static ChannelOptions Default { get; } = new();

    /// <summary>The whole handshake takes at most so long. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest frame taken at first, bytes. Default <see cref="WireLimits.FrameBytesMax"/>.</summary>
    public int FrameBytesMax { get; init; } = WireLimits.FrameBytesMax;

    /// <summary>Bytes that may wait to be sent before <see cref="IFrameStream.SendAsync"/> waits. Default 1 MiB.</summary>
    public int SendQueueBytesMax { get; init; } = 1024 * 1024;

    /// <summary>A frame that the peer doesn't take within this time breaks its stream; on the main one, the channel. Default 30 s.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
