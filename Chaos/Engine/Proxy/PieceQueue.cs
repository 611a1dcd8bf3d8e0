namespace ZeroK.Chaos.Proxy;

/// <summary>Pieces that wait for their time. On a stream, traffic keeps its order whatever the due times say.</summary>
internal sealed class PieceQueue(bool ordered, TimeProvider time, long startedAt)
{
    private readonly Lock _lock = new();
    private PriorityQueue<QueuedPiece, (TimeSpan Due, long Number)> _waiting = new();
    private TaskCompletionSource _changed = New();
    private TimeSpan _lastDue;
    private long _number;
    private long _bytes;

    /// <summary>Time since the link began.</summary>
    public TimeSpan Now => time.GetElapsedTime(startedAt);

    /// <summary>Bytes that wait.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _bytes;
        }
    }

    /// <summary>Adds a piece.</summary>
    public void Add(QueuedPiece queued)
    {
        lock (_lock)
        {
            var piece = queued.Piece;
            if (ordered && queued.Owner is null)
            {
                piece = piece.NotBefore(_lastDue);
                _lastDue = piece.Due;
            }

            _bytes += piece.Bytes.Length;
            _waiting.Enqueue(queued with { Piece = piece }, (piece.Due, _number++));
            Signal();
        }
    }

    /// <summary>Lets everything that waits go now, and takes back what <paramref name="gone"/> had emitted by themselves.</summary>
    /// <param name="gone">The toxics that were removed.</param>
    /// <param name="keepHeld">Another toxic still holds: what is held stays.</param>
    public void Flush(IReadOnlyCollection<object> gone, bool keepHeld)
    {
        lock (_lock)
        {
            var old = _waiting;
            _waiting = new();
            _lastDue = TimeSpan.Zero;
            var now = Now;
            foreach (var (queued, priority) in old.UnorderedItems)
            {
                if (queued.Owner is not null && gone.Contains(queued.Owner))
                {
                    _bytes -= queued.Piece.Bytes.Length;
                    continue;
                }

                var held = keepHeld && queued.Piece.Due == Piece.Held;
                var due = queued.Owner is null && queued.Piece.Due > now && !held ? now : queued.Piece.Due;
                if (held) _lastDue = Piece.Held;
                _waiting.Enqueue(queued with { Piece = queued.Piece with { Due = due } }, (due, priority.Number));
            }

            Signal();
        }
    }

    /// <summary>The next piece, at its time.</summary>
    public async ValueTask<Piece> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            TimeSpan wait;
            lock (_lock)
            {
                wait = System.Threading.Timeout.InfiniteTimeSpan;
                if (_waiting.TryPeek(out var head, out _))
                {
                    if (head.Piece.Due <= Now)
                    {
                        _waiting.Dequeue();
                        _bytes -= head.Piece.Bytes.Length;
                        Signal();
                        return head.Piece;
                    }

                    if (head.Piece.Due != Piece.Held) wait = head.Piece.Due - Now;
                }

                changed = _changed.Task;
            }

            await WaitAsync(changed, wait, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until fewer than <paramref name="bytesMax"/> bytes wait.</summary>
    public async ValueTask WaitForRoomAsync(Func<int> bytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            var max = bytesMax();
            lock (_lock)
            {
                if (_bytes < max) return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitAsync(Task changed, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (wait == System.Threading.Timeout.InfiniteTimeSpan)
        {
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        // Timers of the system count whole milliseconds: round up, so that nothing goes out early and nothing spins.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var due = Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, enough.Token);
        await Task.WhenAny(due, changed).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = New();
        changed.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
