using System.Collections.Concurrent;
using ZeroK.Channel;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>An open channel with a relay: requests with their replies, and what comes unasked.</summary>
internal sealed class RelaySession(IFrameChannel channel, SyncOptions options) : IAsyncDisposable
{
    private readonly Exchange _exchange = new(channel, options);
    private readonly ConcurrentDictionary<SideStream, byte> _sides = new();
    private int _sidesOpen;

    /// <summary>The reply to HELLO.</summary>
    public Welcome Welcome { get; private set; } = null!;

    public ReadOnlyMemory<byte> HandshakeHash => channel.HandshakeHash;

    /// <summary>HELLO, before the receive loop runs.</summary>
    /// <exception cref="SessionFailedException">The relay refused.</exception>
    public async Task HelloAsync(Hello hello, CancellationToken cancellationToken)
    {
        await channel.SendAsync(_exchange.NextId(), hello, cancellationToken).ConfigureAwait(false);
        var frame = await channel.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        Welcome = frame?.Message switch
        {
            Welcome welcome => welcome,
            ErrorMessage error => throw SessionFailedException.Of(error.Code, error.RetryAfterMs),
            Bye bye => throw SessionFailedException.Of(bye.Code, bye.RetryAfterMs),
            null => throw new SessionFailedException(false, ErrorCode.None, 0, "The relay closed the connection before it answered."),
            _ => throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay answered HELLO with something else."),
        };
        channel.FrameBytesMax = WireLimits.FrameBytesMax;
    }

    /// <inheritdoc cref="Exchange.RequestAsync"/>
    public Task<WireMessage> RequestAsync(WireMessage message, CancellationToken cancellationToken) => _exchange.RequestAsync(message, cancellationToken);

    /// <summary>How long the oldest request has been waiting for its reply, on any stream; zero if none waits.</summary>
    public TimeSpan Waiting => _sides.Keys.Select(s => s.Waiting).Append(_exchange.Waiting).Max();

    /// <summary>A stream beside the sync's; null if the transport or the relay has none to give now: then requests go on the session itself.</summary>
    /// <exception cref="SessionFailedException">The session broke.</exception>
    public async Task<SideStream?> OpenSideStreamAsync(CancellationToken cancellationToken)
    {
        if (!channel.HasSideStreams || _exchange.IsOver) return null;
        if (Interlocked.Increment(ref _sidesOpen) > Welcome.Limits.StreamsMax)
        {
            Interlocked.Decrement(ref _sidesOpen);
            return null;
        }

        try
        {
            var side = new SideStream(await channel.OpenSideStreamAsync(cancellationToken).ConfigureAwait(false), options, Closed);
            _sides[side] = 0;
            return side;
        }
        catch (Exception e)
        {
            Interlocked.Decrement(ref _sidesOpen);
            if (e is not ChannelException) throw;
            throw new SessionFailedException(false, ErrorCode.None, 0, "The session ended.", e);
        }
    }

    /// <summary>Sends what has no reply.</summary>
    public ValueTask SendAsync(WireMessage message, CancellationToken cancellationToken) => channel.SendAsync(0, message, cancellationToken);

    /// <summary>Receives until the session ends.</summary>
    /// <exception cref="SessionFailedException">Always, sooner or later, unless cancelled: why it ended.</exception>
    public Task ReceiveAsync(Action<WireMessage> unasked, CancellationToken cancellationToken) => _exchange.ReceiveAsync(
        message =>
        {
            switch (message)
            {
                case ErrorMessage error:
                    throw SessionFailedException.Of(error.Code, error.RetryAfterMs);
                case Bye bye:
                    throw bye.Code == ErrorCode.None ? new SessionFailedException(false, ErrorCode.None, bye.RetryAfterMs, "The relay said goodbye.") : SessionFailedException.Of(bye.Code, bye.RetryAfterMs);
                default:
                    unasked(message);
                    break;
            }
        },
        cancellationToken);

    /// <summary>Says goodbye, so that the relay reads what was sent before it.</summary>
    public async Task GoodbyeAsync(CancellationToken cancellationToken)
    {
        await channel.SendAsync(0, new Bye(ErrorCode.None, 0, ""), cancellationToken).ConfigureAwait(false);
        await channel.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    // Side streams end with it; who has one closes it.
    public ValueTask DisposeAsync() => channel.DisposeAsync();

    private void Closed(SideStream side)
    {
        if (_sides.TryRemove(side, out _)) Interlocked.Decrement(ref _sidesOpen);
    }
}
