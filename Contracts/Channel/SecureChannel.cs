using ZeroK.Channel.Internal;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel;

/// <summary>Makes channels: runs the handshake on a connection.</summary>
public static class SecureChannel
{
    /// <summary>The protocol version that this library speaks.</summary>
    public const byte Version = 1;

    /// <summary>The client's side. Owns <paramref name="connection"/> from now on, also when it throws.</summary>
    /// <param name="connection">A fresh connection.</param>
    /// <param name="local">This device; stays the caller's.</param>
    /// <param name="relayFingerprint">The pinned fingerprint of the relay, 32 bytes; another identity is refused before anything of ours is shown beyond our ephemeral keys.</param>
    /// <param name="options">Limits and time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ChannelException">The handshake failed.</exception>
    public static ValueTask<IFrameChannel> ConnectAsync(IConnection connection, StaticIdentity local, ReadOnlyMemory<byte> relayFingerprint, ChannelOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return HandshakeDriver.RunAsync(new HandshakeFrames(connection), options, (driver, cancel) => driver.ConnectAsync(local, relayFingerprint, cancel), cancellationToken);
    }

    /// <summary>The relay's side. Owns <paramref name="connection"/> from now on, also when it throws.</summary>
    /// <exception cref="ChannelException">The handshake failed.</exception>
    public static ValueTask<IFrameChannel> AcceptAsync(IConnection connection, StaticIdentity local, ChannelOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return HandshakeDriver.RunAsync(new HandshakeFrames(connection), options, (driver, cancel) => driver.AcceptAsync(local, cancel), cancellationToken);
    }

    /// <summary>Refuses a connection before any handshake: one small clear-text frame with a code and a time to come back, then closes. The client sees <see cref="ChannelFailure.Refused"/>.</summary>
    public static async ValueTask RefuseAsync(IConnection connection, ErrorCode code, uint retryAfterMs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        await using (connection.ConfigureAwait(false))
            await new HandshakeFrames(connection).TryRefuseAsync(code, retryAfterMs, cancellationToken).ConfigureAwait(false);
    }
}
