using System.Security.Cryptography;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>Runs one handshake over a connection, in time, and says what went wrong.</summary>
internal sealed class HandshakeDriver(HandshakeFrames frames, ChannelOptions options)
{
    private static readonly byte[] Magic = [.. "0KSY"u8];
    private int _message;

    public static async ValueTask<IFrameChannel> RunAsync(HandshakeFrames frames, ChannelOptions options, Func<HandshakeDriver, CancellationToken, ValueTask<IFrameChannel>> side, CancellationToken cancellationToken)
    {
        var driver = new HandshakeDriver(frames, options);
        using var deadline = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await side(driver, either.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var failure = driver.Explain(e, deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested);
            if (failure is ChannelException { Failure: not (ChannelFailure.Transport or ChannelFailure.Refused or ChannelFailure.Timeout) } ours)
                await frames.TryRefuseAsync(CodeOf(ours), ours.RetryAfterMs, cancellationToken).ConfigureAwait(false);
            await frames.Connection.DisposeAsync().ConfigureAwait(false);
            if (ReferenceEquals(failure, e)) throw;
            throw failure;
        }
    }

    public async ValueTask<IFrameChannel> ConnectAsync(StaticIdentity local, ReadOnlyMemory<byte> relayFingerprint, CancellationToken cancellationToken)
    {
        byte[] preface = [.. Magic, SecureChannel.Version, SecureChannel.Version, SecureChannel.Version];
        using var noise = new NoiseHandshake(initiator: true, Prologue(preface), local);
        await SendAsync(noise, HandshakeFrames.Frame(HandshakeFrameKind.Preface, preface), cancellationToken).ConfigureAwait(false);
        await ReceiveAsync(noise, cancellationToken, cookie => frames.Connection.SendAsync(HandshakeFrames.Frame(HandshakeFrameKind.Cookie, cookie), cancellationToken)).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(noise.Remote!.Fingerprint(), relayFingerprint.Span))
        {
            throw Failed(ChannelFailure.Identity, "This relay is not the one whose fingerprint was given: its data may have been lost and it was set up anew, the address now belongs to another relay, or somebody stands in between. Nothing was sent. Ask the operator for the relay's address line and compare.");
        }

        await SendAsync(noise, [], cancellationToken).ConfigureAwait(false);
        await ReceiveAsync(noise, cancellationToken).ConfigureAwait(false);
        return Channel(noise);
    }

    public async ValueTask<IFrameChannel> AcceptAsync(StaticIdentity local, CancellationToken cancellationToken)
    {
        _message = 1;
        var (preface, first) = await FirstAsync(cancellationToken).ConfigureAwait(false);
        using var noise = new NoiseHandshake(initiator: false, Prologue(preface), local);
        Check(noise.Read(first, []));
        await SendAsync(noise, [], cancellationToken).ConfigureAwait(false);
        await ReceiveAsync(noise, cancellationToken).ConfigureAwait(false);
        await SendAsync(noise, [], cancellationToken).ConfigureAwait(false);
        return Channel(noise);
    }

    // All that comes before anything is computed: it must come soon, and under load it must come back.
    private async ValueTask<(byte[] Preface, byte[] First)> FirstAsync(CancellationToken cancellationToken)
    {
        using var soon = new CancellationTokenSource(options.FirstBytesTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(soon.Token, cancellationToken);
        try
        {
            var preface = await frames.ReceiveAsync(HandshakeFrameKind.Preface, HandshakeFrames.PrefaceBytes, _message, either.Token).ConfigureAwait(false);
            if (!preface.AsSpan(0, Magic.Length).SequenceEqual(Magic)) throw Failed(ChannelFailure.Malformed, "The client's first bytes are not this protocol's.");
            var (min, max, chosen) = (preface[4], preface[5], preface[6]);
            if (min > SecureChannel.Version || max < SecureChannel.Version || chosen != SecureChannel.Version)
                throw Failed(ChannelFailure.Version, $"The client offers protocol versions {min} to {max} and chose {chosen}; this relay speaks {SecureChannel.Version}.");
            var first = await frames.ReceiveAsync(HandshakeFrameKind.Message, NoiseHandshake.FirstMessageBytes, _message, either.Token).ConfigureAwait(false);
            if (options.Guard is { } guard) await PassAsync(guard, first, either.Token).ConfigureAwait(false);
            return (preface, first);
        }
        catch (OperationCanceledException) when (soon.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(ChannelFailure.Timeout, $"The client's first bytes did not come within {options.FirstBytesTimeout.TotalSeconds:0.#} s.");
        }
    }

    private async ValueTask PassAsync(IHandshakeGuard guard, byte[] first, CancellationToken cancellationToken)
    {
        var address = frames.Connection.RemoteAddress;
        if (guard.IsLoaded)
        {
            await frames.Connection.SendAsync(HandshakeFrames.Frame(HandshakeFrameKind.Cookie, HandshakeCookie.Make(address, first, options.Time)), cancellationToken).ConfigureAwait(false);
            var back = await frames.ReceiveAsync(HandshakeFrameKind.Cookie, HandshakeCookie.Bytes, _message, cancellationToken).ConfigureAwait(false);
            if (!HandshakeCookie.IsRight(back, address, first, options.Time)) throw Failed(ChannelFailure.Malformed, "The client sent back another cookie than it got.");
        }

        if (!guard.TryBegin(out var retryAfterMs))
            throw new ChannelException(ChannelFailure.NoRoom, "This relay has as many handshakes in a second as it allows.") { HandshakeMessage = _message, Code = ErrorCode.TooManyConnections, RetryAfterMs = retryAfterMs };
    }

    private static ErrorCode CodeOf(ChannelException ours) =>
        ours.Code != ErrorCode.None ? ours.Code : ours.Failure is ChannelFailure.Version ? ErrorCode.UnsupportedVersion : ErrorCode.InvalidMessage;

    private static byte[] Prologue(ReadOnlySpan<byte> preface) => [.. "0ksync/1"u8, .. preface];

    private async ValueTask SendAsync(NoiseHandshake noise, byte[] before, CancellationToken cancellationToken)
    {
        _message = noise.MessagesDone + 1;
        var body = new byte[noise.NextMessageBytes];
        Check(noise.Write([], body, out _));
        await frames.Connection.SendAsync((byte[])[.. before, .. HandshakeFrames.Frame(HandshakeFrameKind.Message, body)], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReceiveAsync(NoiseHandshake noise, CancellationToken cancellationToken, Func<byte[], ValueTask>? onCookie = null)
    {
        _message = noise.MessagesDone + 1;
        var body = await frames.ReceiveAsync(HandshakeFrameKind.Message, noise.NextMessageBytes, _message, cancellationToken, onCookie).ConfigureAwait(false);
        Check(noise.Read(body, []));
    }

    private void Check(NoiseFailure failure)
    {
        switch (failure)
        {
            case NoiseFailure.None:
                return;
            case NoiseFailure.X25519:
                throw Failed(ChannelFailure.X25519, "An X25519 key of the peer is of low order.");
            case NoiseFailure.MlKem:
                throw Failed(ChannelFailure.MlKem, "The post-quantum part failed: an ML-KEM key or ciphertext is malformed or was changed on the way, or the hybrid secret made with it is not the peer's.");
            case NoiseFailure.Cipher:
                throw Failed(ChannelFailure.Cipher, "A seal of the handshake did not open: it was changed on the way, or the two sides do not agree on versions.");
            default:
                throw Failed(ChannelFailure.Malformed, "A handshake message has another length than the protocol gives.");
        }
    }

    private NoiseFrameChannel Channel(NoiseHandshake noise) =>
        new(frames.Connection, noise.Split(NoiseSession.RekeyEveryMessages), noise.Remote!, noise.HandshakeHash.ToArray(), options);

    private Exception Explain(Exception e, bool late) => e switch
    {
        OperationCanceledException when late => Failed(ChannelFailure.Timeout, $"The handshake was not done within {options.HandshakeTimeout.TotalSeconds:0.#} s.", e),
        TransportException => Failed(ChannelFailure.Transport, $"The connection broke in the handshake: {e.Message}", e),
        _ => e,
    };

    private ChannelException Failed(ChannelFailure failure, string text, Exception? inner = null) => new(failure, text, inner) { HandshakeMessage = _message };
}
