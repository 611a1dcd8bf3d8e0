using ZeroK.Client.Session;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>The side stream of one transfer, on whichever session the transfer uses now. Where none can be had, or it ended before its session, the rest of that session's requests go on the session itself.</summary>
internal sealed class TransferStream : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile Route? _now;

    /// <summary>Asks on this session: opens a stream there first, if it is another session than the last.</summary>
    /// <exception cref="SessionFailedException">The session or the stream broke; asked again, it goes another way.</exception>
    public async Task<WireMessage> RequestAsync(RelaySession session, WireMessage message, CancellationToken cancellationToken)
    {
        var route = _now is { } now && now.Session == session ? now : await OpenAsync(session, cancellationToken).ConfigureAwait(false);
        return await route.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks where the last request was asked: what depends on it must not go another way.</summary>
    /// <exception cref="SessionFailedException">The session or the stream broke, or the session is another one.</exception>
    public Task<WireMessage> RequestSameAsync(RelaySession session, WireMessage message, CancellationToken cancellationToken)
    {
        if (_now is not { } route || route.Session != session || route.HasChanged) throw new SessionFailedException(false, ErrorCode.None, 0, "The connection is another one.");
        return route.SendAsync(message, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_now?.Side is { } side) await side.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async Task<Route> OpenAsync(RelaySession session, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_now is { } now && now.Session == session) return now;
            if (_now?.Side is { } old) await old.DisposeAsync().ConfigureAwait(false);
            _now = null;
            return _now = new Route(session, await session.OpenSideStreamAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _gate.Release();
        }
    }

    // Once the stream is over, what depends on nothing goes on the session; what depends on what was asked before must not, so the transfer asks anew first.
    private sealed class Route(RelaySession session, SideStream? side)
    {
        private int _left;

        public RelaySession Session => session;

        public SideStream? Side => side;

        public bool HasChanged => side?.IsOver == true && Volatile.Read(ref _left) == 0;

        public Task<WireMessage> SendAsync(WireMessage message, CancellationToken cancellationToken)
        {
            if (side?.IsOver == false) return side.RequestAsync(message, cancellationToken);
            Volatile.Write(ref _left, 1);
            return session.RequestAsync(message, cancellationToken);
        }
    }
}
