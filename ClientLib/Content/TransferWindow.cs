namespace ZeroK.Client.Content;

/// <summary>How many bytes of content all transfers together have under way, so that what else wants to use the connection never waits long behind them.</summary>
/// <remarks>
/// The window grows by a quarter while replies come within <see cref="Fast"/>, and halves when one takes longer than <see cref="Slow"/>: on a slow line little is queued, on a fast one the line stays full.
/// It stays as it is once replies take several times as long as the quickest did: the line is full then, and more would only wait, in the relay's memory and before every push.
/// First come, first served: transfers take turns piece by piece.
/// </remarks>
internal sealed class TransferWindow(TimeProvider time)
{
    /// <summary>The smallest window and piece, bytes: one sealed segment.</summary>
    public const int Min = 64 * 1024;

    /// <summary>The largest piece, bytes.</summary>
    public const int PieceMax = 256 * 1024;

    /// <summary>The largest window, bytes.</summary>
    public const int Max = 1024 * 1024;

    private const int First = 256 * 1024;

    public static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(200), Slow = TimeSpan.FromMilliseconds(500);

    // Replies quicker than this say nothing about a queue.
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(5);
    private const int QueuedFactor = 4;

    private readonly Lock _gate = new();
    private readonly Queue<(int Bytes, TaskCompletionSource Enter)> _waiting = new();
    private int _window = First;
    private int _underWay;
    private TimeSpan _least = TimeSpan.MaxValue;

    /// <summary>Bytes of the next piece to ask for: a power of two of segments, a quarter of the window.</summary>
    public int PieceBytes
    {
        get
        {
            lock (_gate) return PieceMax >= _window / 4 ? Math.Max(Min, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(_window / 4) + 1) / 2) : PieceMax;
        }
    }

    /// <summary>The window now, bytes.</summary>
    public int Bytes
    {
        get
        {
            lock (_gate) return _window;
        }
    }

    /// <summary>Moves a piece that has entered; its time tells how the line is. <paramref name="move"/> begins before this returns.</summary>
    public async Task<T> MoveAsync<T>(int bytes, Func<Task<T>> move)
    {
        var start = time.GetTimestamp();
        try
        {
            return await move().ConfigureAwait(false);
        }
        finally
        {
            Leave(bytes, time.GetElapsedTime(start));
        }
    }

    /// <summary>Takes room for a piece if there is some and nobody waits for it.</summary>
    public bool TryEnter(int bytes)
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 || !HasRoom(bytes)) return false;
            _underWay += bytes;
            return true;
        }
    }

    /// <summary>Waits for this piece's turn. Then it must be moved.</summary>
    public async Task EnterAsync(int bytes, CancellationToken cancellationToken)
    {
        TaskCompletionSource enter;
        lock (_gate)
        {
            if (TryEnter(bytes)) return;
            enter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, enter));
        }

        await using (cancellationToken.Register(() => enter.TrySetCanceled(cancellationToken)).ConfigureAwait(false)) await enter.Task.ConfigureAwait(false);
    }

    private void Leave(int bytes, TimeSpan took)
    {
        lock (_gate)
        {
            _underWay -= bytes;

            // Forgotten slowly: the line may have become another one.
            _least = took < _least ? took : _least + ((took - _least) / 64);
            if (took > Slow) _window = Math.Max(Min, _window / 2);
            else if (took < Fast && (took < Quick || took < _least * QueuedFactor)) _window = Math.Min(Max, _window + (_window / 4));
            while (_waiting.TryPeek(out var next) && (next.Enter.Task.IsCompleted || HasRoom(next.Bytes)))
            {
                _waiting.Dequeue();
                if (next.Enter.TrySetResult()) _underWay += next.Bytes;
            }
        }
    }

    private bool HasRoom(int bytes) => _underWay == 0 || _underWay + bytes <= _window;
}
