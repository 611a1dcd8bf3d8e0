namespace ZeroK.Gateway;

/// <summary>Bytes under way over all sessions: one number with a ceiling. Nothing is taken while the process's memory is short.</summary>
internal sealed class InFlightBudget(long bytesMax, MemoryWatch memory)
{
    private long _bytes;

    /// <summary>Bytes under way now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Takes bytes; false if that would pass the ceiling, and nothing is taken. A single request always fits into an empty budget, unless memory is short.</summary>
    public bool TryTake(long bytes)
    {
        if (memory.IsShort) return false;
        var after = Interlocked.Add(ref _bytes, bytes);
        if (after <= bytesMax || after == bytes) return true;
        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}

/// <summary>What one session has under way. Its reader waits for room; its end waits for nothing being left.</summary>
internal sealed class InFlightWindow(int requestsMax, long bytesMax)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _idle;
    private long _bytes;
    private int _requests;

    /// <summary>Whether nothing is under way.</summary>
    public bool IsIdle
    {
        get { lock (_gate) return _requests == 0; }
    }

    /// <summary>Counts a request in.</summary>
    public void Enter(long bytes)
    {
        lock (_gate)
        {
            _requests++;
            _bytes += bytes;
        }
    }

    /// <summary>Counts more bytes for a request that is in: its reply.</summary>
    public void Grow(long bytes)
    {
        lock (_gate) _bytes += bytes;
    }

    /// <summary>Counts requests out.</summary>
    public void Leave(long bytes, int requests = 1)
    {
        TaskCompletionSource? room = null, idle = null;
        lock (_gate)
        {
            _requests -= requests;
            _bytes -= bytes;
            if (HasRoom) (room, _room) = (_room, null);
            if (_requests == 0) (idle, _idle) = (_idle, null);
        }

        room?.SetResult();
        idle?.SetResult();
    }

    /// <summary>Completes when another request may be read.</summary>
    public Task RoomAsync()
    {
        lock (_gate)
        {
            if (HasRoom) return Task.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Completes when nothing is under way.</summary>
    public Task IdleAsync()
    {
        lock (_gate)
        {
            if (_requests == 0) return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private bool HasRoom => _requests < requestsMax && _bytes < bytesMax;
}
