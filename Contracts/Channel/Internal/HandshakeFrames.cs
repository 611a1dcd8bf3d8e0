using System.Buffers.Binary;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

internal enum HandshakeFrameKind : byte
{
    /// <summary>"0KSY", offered min, offered max and chosen version: the client's first frame.</summary>
    Preface = 0,
    /// <summary>A Noise handshake message.</summary>
    Message = 1,
    /// <summary>Error code (u16), retry after (u32, milliseconds), the sender's min and max version.</summary>
    Refusal = 2,
    /// <summary>A loaded relay's cookie, and the client's return of it.</summary>
    Cookie = 3,
}

/// <summary>The frames before there is a session: kind (u8), length (u16 big-endian), body. Lengths are known beforehand; any other is refused before the body is read.</summary>
internal sealed class HandshakeFrames(IConnection connection)
{
    public const int HeaderBytes = 3;
    public const int PrefaceBytes = 7;
    private const int RefusalBytes = 8;

    // What a client has on its way when it is refused: a preface and message 1.
    private const int UnreadBytesMax = 4096;
    private static readonly TimeSpan RefusalTimeout = TimeSpan.FromSeconds(1);

    private readonly byte[] _header = new byte[HeaderBytes];

    public IConnection Connection => connection;

    public static byte[] Frame(HandshakeFrameKind kind, ReadOnlySpan<byte> body)
    {
        var frame = new byte[HeaderBytes + body.Length];
        frame[0] = (byte)kind;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)body.Length);
        body.CopyTo(frame.AsSpan(HeaderBytes));
        return frame;
    }

    /// <summary>The body of the next frame, which must be of this kind and exactly this long.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="bytes">The length.</param>
    /// <param name="message">The handshake message that it belongs to, for errors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="onCookie">At the client: sends a cookie back, one before the frame that is waited for.</param>
    /// <exception cref="ChannelException">It is not, or the peer refuses.</exception>
    public async ValueTask<byte[]> ReceiveAsync(HandshakeFrameKind kind, int bytes, int message, CancellationToken cancellationToken, Func<byte[], ValueTask>? onCookie = null)
    {
        var (actual, length) = await HeaderAsync(message, cancellationToken).ConfigureAwait(false);
        if (onCookie is not null && actual is HandshakeFrameKind.Cookie && length == HandshakeCookie.Bytes)
        {
            await onCookie(await BodyAsync(length, message, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            (actual, length) = await HeaderAsync(message, cancellationToken).ConfigureAwait(false);
        }

        if (actual is HandshakeFrameKind.Refusal && length == RefusalBytes) throw Refused(await BodyAsync(length, message, cancellationToken).ConfigureAwait(false), message);
        if (actual != kind) throw new ChannelException(ChannelFailure.Malformed, "The peer's bytes are not a handshake of this protocol: is the address really a relay's?") { HandshakeMessage = message };
        if (length != bytes)
        {
            throw new ChannelException(length > bytes ? ChannelFailure.TooLarge : ChannelFailure.Malformed, $"Handshake message {message} announces {length} bytes; with whole X25519 and ML-KEM-768 parts it has {bytes}.") { HandshakeMessage = message };
        }

        return await BodyAsync(length, message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the peer why, if it still listens. In clear: the peer takes it as a hint.</summary>
    public async ValueTask TryRefuseAsync(ErrorCode code, uint retryAfterMs, CancellationToken cancellationToken)
    {
        var body = new byte[RefusalBytes];
        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)code);
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(2), retryAfterMs);
        (body[6], body[7]) = (SecureChannel.Version, SecureChannel.Version);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        soon.CancelAfter(RefusalTimeout);
        try
        {
            await connection.SendAsync(Frame(HandshakeFrameKind.Refusal, body), soon.Token).ConfigureAwait(false);
            await connection.CompleteAsync(soon.Token).ConfigureAwait(false);

            // Closing with unread bytes would reset the connection and take the refusal with it: read until the peer closes, a little.
            var (unread, rest) = (new byte[1024], UnreadBytesMax);
            while (rest > 0 && await connection.ReceiveAsync(unread, soon.Token).ConfigureAwait(false) is > 0 and var count) rest -= count;
        }
        catch (Exception e) when (e is TransportException or OperationCanceledException)
        {
            // The peer is gone or doesn't listen: it learns from the closed connection.
        }
    }

    private static ChannelException Refused(byte[] body, int message)
    {
        var code = (ErrorCode)BinaryPrimitives.ReadUInt16BigEndian(body);
        var retry = BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(2));
        return code is ErrorCode.UnsupportedVersion
            ? new ChannelException(ChannelFailure.Version, $"The relay speaks protocol versions {body[6]} to {body[7]}, this program {SecureChannel.Version}. Update the older of them.") { HandshakeMessage = message, Code = code }
            : new ChannelException(ChannelFailure.Refused, $"The peer refused the connection: {code}.") { HandshakeMessage = message, Code = code, RetryAfterMs = retry };
    }

    private async ValueTask<(HandshakeFrameKind Kind, int Length)> HeaderAsync(int message, CancellationToken cancellationToken)
    {
        await FillAsync(_header, message, cancellationToken).ConfigureAwait(false);
        return ((HandshakeFrameKind)_header[0], BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(1)));
    }

    private async ValueTask<byte[]> BodyAsync(int length, int message, CancellationToken cancellationToken)
    {
        var body = new byte[length];
        await FillAsync(body, message, cancellationToken).ConfigureAwait(false);
        return body;
    }

    private async ValueTask FillAsync(Memory<byte> buffer, int message, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            var count = await connection.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0) throw new ChannelException(ChannelFailure.Transport, $"The peer closed the connection before handshake message {message} was whole.") { HandshakeMessage = message };
            buffer = buffer[count..];
        }
    }
}
