using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>What one receiver holds of its channel's budget. Given back whole at the end, whatever ends it.</summary>
internal sealed class HeldBytes(ChannelOptions options)
{
    // What any small frame needs: to wait for it would stop the heartbeats of all sessions when large frames have filled the budget.
    private const int SmallBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private long _counted;
    private bool _closed;

    /// <summary>Before buffers grow to so many bytes: waits for room, if that is more than a small frame needs and more than is counted.</summary>
    /// <exception cref="ChannelException">There was no room in time.</exception>
    public ValueTask GrowAsync(long bytes, CancellationToken cancellationToken)
    {
        if (options.FrameBudget is not { } budget || bytes <= SmallBytes) return ValueTask.CompletedTask;
        lock (_gate)
        {
            var more = bytes - _counted;
            if (_closed || more <= 0) return ValueTask.CompletedTask;
            if (!budget.TryTake(more)) return WaitAsync(budget, more, cancellationToken);
            _counted = bytes;
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>While a frame is waited for: at least what its buffers have.</summary>
    public void Count(long bytes)
    {
        if (options.FrameBudget is not { } budget) return;
        lock (_gate)
        {
            if (_closed || bytes <= _counted) return;
            budget.Take(bytes - _counted);
            _counted = bytes;
        }
    }

    /// <summary>A frame is through: what is counted above what the buffers still have goes.</summary>
    public void GiveBack(long bytes)
    {
        if (options.FrameBudget is not { } budget) return;
        lock (_gate)
        {
            if (bytes >= _counted) return;
            budget.Give(_counted - bytes);
            _counted = bytes;
        }
    }

    /// <summary>Gives all back; nothing is counted any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            if (_counted > 0) options.FrameBudget!.Give(_counted);
            _counted = 0;
        }
    }

    private async ValueTask WaitAsync(IFrameBudget budget, long more, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.FrameTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await budget.TakeAsync(more, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ChannelException(ChannelFailure.NoRoom, "There was no room for a large frame in time: too many are on their way.") { Code = ErrorCode.RelayOverloaded };
        }

        lock (_gate)
        {
            if (_closed) budget.Give(more);
            else _counted += more;
        }
    }
}
