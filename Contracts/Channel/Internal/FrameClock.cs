namespace ZeroK.Channel.Internal;

/// <summary>How long a frame may be on its way: a time, and a little more for each byte that has moved. Who moves nothing, or a byte now and then, runs out of it.</summary>
internal sealed class FrameClock(TimeSpan atLeast, int bytesPerSecondMin, TimeProvider time)
{
    private CancellationTokenSource? _late;
    private CancellationTokenSource? _either;
    private CancellationToken _given;
    private long _since;
    private long _bytes;
    private bool _runs;

    /// <summary>Whether the time is over.</summary>
    public bool IsLate => _late?.IsCancellationRequested == true;

    /// <summary>A token that fires when the frame's time is over, or the caller's does. The first call starts the time.</summary>
    public CancellationToken Until(CancellationToken caller)
    {
        if (!_runs) (_runs, _since) = (true, time.GetTimestamp());
        _late ??= new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        var left = atLeast + TimeSpan.FromSeconds((double)_bytes / bytesPerSecondMin) - time.GetElapsedTime(_since);
        _late.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        if (!caller.CanBeCanceled) return _late.Token;
        if (_either is null || caller != _given)
        {
            _either?.Dispose();
            (_either, _given) = (CancellationTokenSource.CreateLinkedTokenSource(_late.Token, caller), caller);
        }

        return _either.Token;
    }

    /// <summary>Bytes have moved.</summary>
    public void Moved(int bytes) => _bytes += bytes;

    /// <summary>Nothing is waited for until the next call of <see cref="Until"/>; the frame goes on.</summary>
    public void Pause() => _late?.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>The frame is through: the next one has its own time.</summary>
    public void Stop()
    {
        _bytes = 0;
        if (!_runs) return;
        _runs = false;
        Pause();
    }

    /// <summary>Holds nothing until the next call of <see cref="Until"/>.</summary>
    public void Drop()
    {
        _either?.Dispose();
        _late?.Dispose();
        (_either, _late) = (null, null);
    }
}
