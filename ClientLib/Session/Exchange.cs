using System.Collections.Concurrent;
using ZeroK.Channel;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>Requests on one stream of frames, each with its reply.</summary>
internal sealed class Exchange(IFrameStream frames, SyncOptions options)
{
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<WireMessage>> _open = new();
    private readonly ConcurrentDictionary<uint, long> _askedAt = new();
    private volatile Exception? _ended;
    private int _lastRequest;

    /// <summary>Whether no more replies come.</summary>
    public bool IsOver => _ended is not null;

    /// <summary>How long the oldest request has been waiting for its reply; zero if none waits.</summary>
    public TimeSpan Waiting => _askedAt.Values.DefaultIfEmpty(long.MaxValue).Min() is var oldest and < long.MaxValue ? options.Time.GetElapsedTime(oldest) : TimeSpan.Zero;

    /// <summary>The next request's id; never 0.</summary>
    public uint NextId()
    {
        var id = (uint)Interlocked.Increment(ref _lastRequest);
        return id == 0 ? NextId() : id;
    }

    /// <summary>Sends a request and waits for its reply, an ERROR included. Requests leave in the order of the calls.</summary>
    /// <exception cref="SessionFailedException">The stream ended first, or no reply came in time.</exception>
    public async Task<WireMessage> RequestAsync(WireMessage message, CancellationToken cancellationToken)
    {
        var id = NextId();
        _askedAt[id] = options.Time.GetTimestamp();
        var reply = _open[id] = new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (_ended is { } ended) throw Why(ended);
            await frames.SendAsync(id, message, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Receives replies until the stream ends.</summary>
    /// <param name="unasked">Called with what is no reply; what it throws ends the exchange.</param>
    /// <param name="cancellationToken">Breaks the stream off.</param>
    /// <exception cref="SessionFailedException">Always, sooner or later, unless cancelled or broken: the relay ended it.</exception>
    public async Task ReceiveAsync(Action<WireMessage> unasked, CancellationToken cancellationToken)
    {
        try
        {
            while (await frames.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            {
                if (frame.RequestId == 0) unasked(frame.Message);
                else if (_open.TryGetValue(frame.RequestId, out var reply)) reply.TrySetResult(frame.Message);
            }

            throw new SessionFailedException(false, ErrorCode.None, 0, "The relay closed the connection.");
        }
        catch (Exception e)
        {
            _ended = e;
            foreach (var reply in _open.Values) reply.TrySetException(Why(e));
            throw;
        }
    }

    private static SessionFailedException Why(Exception e) => e as SessionFailedException ?? new(false, ErrorCode.None, 0, "The session ended.", e);
}
