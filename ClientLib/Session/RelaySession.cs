using System.Collections.Concurrent;
using ZeroK.Channel;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>An open channel with a relay: requests with their replies, and what comes unasked.</summary>
internal sealed class RelaySession(IFrameChannel channel, SyncOptions options) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<WireMessage>> _open = new();
    private readonly ConcurrentDictionary<uint, long> _askedAt = new();
    private readonly CancellationTokenSource _ended = new();
    private int _lastRequest;
    private Exception? _why;

    /// <summary>The reply to HELLO.</summary>
    public Welcome Welcome { get; private set; } = null!;

    public ReadOnlyMemory<byte> HandshakeHash => channel.HandshakeHash;

    /// <summary>HELLO, before the receive loop runs.</summary>
    /// <exception cref="SessionFailedException">The relay refused.</exception>
    public async Task HelloAsync(Hello hello, CancellationToken cancellationToken)
    {
        await channel.SendAsync(NextId(), hello, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Sends a request and waits for its reply, an ERROR included.</summary>
    /// <exception cref="SessionFailedException">The session ended first, or no reply came in time.</exception>
    public async Task<WireMessage> RequestAsync(WireMessage message, CancellationToken cancellationToken)
    {
        var id = NextId();
        _askedAt[id] = options.Time.GetTimestamp();
        var reply = _open[id] = new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (_ended.IsCancellationRequested) throw Ended();
            await channel.SendAsync(id, message, cancellationToken).ConfigureAwait(false);
            return await reply.Task.WaitAsync(options.RequestTimeout, options.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new SessionFailedException(false, ErrorCode.None, 0, "The relay did not answer a request in time.", e);
        }
        finally
        {
            _open.TryRemove(id, out _);
            _askedAt.TryRemove(id, out _);
        }
    }

    /// <summary>How long the oldest request has been waiting for its reply; zero if none waits.</summary>
    public TimeSpan Waiting => _askedAt.Values.DefaultIfEmpty(long.MaxValue).Min() is var oldest and < long.MaxValue ? options.Time.GetElapsedTime(oldest) : TimeSpan.Zero;

    /// <summary>Sends what has no reply.</summary>
    public ValueTask SendAsync(WireMessage message, CancellationToken cancellationToken) => channel.SendAsync(0, message, cancellationToken);

    /// <summary>Receives until the session ends.</summary>
    /// <exception cref="SessionFailedException">Always, sooner or later, unless cancelled: why it ended.</exception>
    public async Task ReceiveAsync(Action<WireMessage> unasked, CancellationToken cancellationToken)
    {
        try
        {
            while (await channel.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            {
                if (frame.RequestId != 0)
                {
                    if (_open.TryGetValue(frame.RequestId, out var reply)) reply.TrySetResult(frame.Message);
                }
                else if (frame.Message is ErrorMessage error) throw SessionFailedException.Of(error.Code, error.RetryAfterMs);
                else if (frame.Message is Bye bye) throw bye.Code == ErrorCode.None ? new SessionFailedException(false, ErrorCode.None, bye.RetryAfterMs, "The relay said goodbye.") : SessionFailedException.Of(bye.Code, bye.RetryAfterMs);
                else unasked(frame.Message);
            }

            throw new SessionFailedException(false, ErrorCode.None, 0, "The relay closed the connection.");
        }
        catch (Exception e)
        {
            _why = e;
            await _ended.CancelAsync().ConfigureAwait(false);
            foreach (var reply in _open.Values) reply.TrySetException(Ended());
            throw;
        }
    }

    /// <summary>Says goodbye, so that the relay reads what was sent before it.</summary>
    public async Task GoodbyeAsync(CancellationToken cancellationToken)
    {
        await channel.SendAsync(0, new Bye(ErrorCode.None, 0, ""), cancellationToken).ConfigureAwait(false);
        await channel.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await channel.DisposeAsync().ConfigureAwait(false);
        _ended.Dispose();
    }

    private SessionFailedException Ended() => _why as SessionFailedException ?? new(false, ErrorCode.None, 0, "The session ended.", _why);

    private uint NextId()
    {
        var id = (uint)Interlocked.Increment(ref _lastRequest);
        return id == 0 ? NextId() : id;
    }
}
