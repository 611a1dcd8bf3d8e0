using ZeroK.Channel;

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

    /// <summary>Takes bytes that are there already, whatever the ceiling.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Called when bytes were given back.</summary>
    public Action? Given { get; set; }

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes)
    {
        Interlocked.Add(ref _bytes, -bytes);
        Given?.Invoke();
    }
}

/// <summary>Bytes of frames that were begun and are not whole: a part of all that is under way, so that frames that never end leave room for whole requests.</summary>
internal sealed class FrameBudget : IFrameBudget
{
    private readonly long _bytesMax;
    private TaskCompletionSource? _given;
    private long _bytes;

    public FrameBudget(InFlightBudget all, long bytesMax)
    {
        (All, _bytesMax) = (all, bytesMax);
        all.Given = Wake;
    }

    /// <summary>All that is under way.</summary>
    public InFlightBudget All { get; }

    /// <summary>Held while bytes are taken, by the addresses' shares too.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Bytes of begun frames now.</summary>
    public long Bytes
    {
        get { lock (Gate) return _bytes; }
    }

    public bool TryTake(long bytes)
    {
        lock (Gate)
        {
            if ((_bytes + bytes > _bytesMax && _bytes > 0) || !All.TryTake(bytes)) return false;
            _bytes += bytes;
            return true;
        }
    }

    public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken) => WaitAsync(this, bytes, cancellationToken);

    /// <summary>Takes from a budget that is this one or a share of it, and waits for room where there is none.</summary>
    public async ValueTask WaitAsync(IFrameBudget from, long bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task given;
            lock (Gate)
            {
                // In this order: what is given back in between wakes us.
                given = (_given ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                if (from.TryTake(bytes)) return;
            }

            await given.WaitAsync(cancellationToken);
        }
    }

    public void Take(long bytes)
    {
        lock (Gate) _bytes += bytes;
        All.Take(bytes);
    }

    public void Give(long bytes)
    {
        lock (Gate) _bytes -= bytes;
        All.Give(bytes);
    }

    private void Wake()
    {
        if (Volatile.Read(ref _given) is null) return;
        TaskCompletionSource? given;
        lock (Gate) (given, _given) = (_given, null);
        given?.SetResult();
    }
}

/// <summary>What one reply is charged with: its largest size before it is made, its real one then, nothing at the end.</summary>
internal sealed class Charge(InFlightBudget budget, InFlightWindow window) : IDisposable
{
    private long _bytes;

    /// <summary>Makes it so many bytes; false, with nothing changed, if the budget has no room for more.</summary>
    public bool TrySet(long bytes)
    {
        var more = bytes - _bytes;
        if (more > 0 && !budget.TryTake(more)) return false;
        if (more < 0) budget.Give(-more);
        window.Grow(more);
        _bytes = bytes;
        return true;
    }

    public void Dispose() => TrySet(0);
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

    /// <summary>Counts more bytes, or fewer, for a request that is in: its reply.</summary>
    public void Grow(long bytes)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _bytes += bytes;
            if (HasRoom) (room, _room) = (_room, null);
        }

        room?.SetResult();
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
