using ZeroK.Channel;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>A side stream of a session: a transfer's own, so that what it moves and what the sync moves don't wait for each other. Ends with its session at the latest.</summary>
internal sealed class SideStream : IAsyncDisposable
{
    // How long the relay may take to close its side; then the stream is broken off.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    private readonly IFrameStream _frames;
    private readonly SyncOptions _options;
    private readonly Action<SideStream> _closed;
    private readonly Exchange _exchange;
    private readonly Task _receiving;
    private int _disposed;

    /// <param name="frames">Its own from now on.</param>
    /// <param name="options">Clock and waits.</param>
    /// <param name="closed">Called when the relay counts it no more, or it was broken off.</param>
    public SideStream(IFrameStream frames, SyncOptions options, Action<SideStream> closed)
    {
        (_frames, _options, _closed) = (frames, options, closed);
        _exchange = new Exchange(frames, options);

        // An ERROR of the whole stream is its end, like all else that is no reply.
        _receiving = _exchange.ReceiveAsync(static message => throw (message is ErrorMessage error ? SessionFailedException.Of(error.Code, error.RetryAfterMs) : new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay sent what does not belong on a side stream.")), CancellationToken.None);
    }

    /// <summary>Whether it takes no more requests.</summary>
    public bool IsOver => _exchange.IsOver;

    /// <inheritdoc cref="Exchange.Waiting"/>
    public TimeSpan Waiting => _exchange.Waiting;

    /// <inheritdoc cref="Exchange.RequestAsync"/>
    public Task<WireMessage> RequestAsync(WireMessage message, CancellationToken cancellationToken) => _exchange.RequestAsync(message, cancellationToken);

    /// <summary>Closes it in order, so that the relay's place for it is free when this returns; in <see cref="CloseTime"/> at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        try
        {
            using var patience = new CancellationTokenSource(CloseTime, _options.Time);
            await _frames.CompleteAsync(patience.Token).ConfigureAwait(false);
            await _receiving.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception e) when (e is ChannelException or OperationCanceledException)
        {
            // It broke, or the relay is slow: it is broken off.
        }

        await _frames.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closed(this);
    }
}
