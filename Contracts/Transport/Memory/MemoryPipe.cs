namespace ZeroK.Transport;

/// <summary>One direction of an in-memory connection: bytes in order, bounded, each chunk readable from a given time on.</summary>
internal sealed class MemoryPipe(int bytesMax, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(ReadOnlyMemory<byte> Bytes, DateTimeOffset Due)> _chunks = new();
    private TaskCompletionSource _changed = NewSignal();
    private DateTimeOffset _lastDue;
    private int _held;
    private bool _completed;
    private bool _cut;

    /// <summary>Waits while the pipe is full. A chunk larger than the bound passes when the pipe is empty.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, TimeSpan latency, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_cut || _completed) throw Gone();
                if (_held == 0 || _held + bytes.Length <= bytesMax)
                {
                    // Never before what was sent earlier: a stream keeps its order.
                    var due = time.GetUtcNow() + latency;
                    _lastDue = due > _lastDue ? due : _lastDue;
                    _chunks.AddLast((bytes.ToArray(), _lastDue));
                    _held += bytes.Length;
                    Signal();
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>1 to <c>buffer.Length</c> bytes; 0 at the end; with an empty buffer 0 as soon as there is something.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            var wait = TimeSpan.Zero;
            lock (_gate)
            {
                if (_cut) throw Gone();
                if (_chunks.First is { } first)
                {
                    wait = first.Value.Due - time.GetUtcNow();
                    if (wait <= TimeSpan.Zero) return Take(buffer.Span);
                }
                else if (_completed)
                {
                    return 0;
                }

                changed = _changed.Task;
            }

            if (wait > TimeSpan.Zero)
            {
                await Task.WhenAny(Task.Delay(wait, time, cancellationToken), changed).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
            else
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Nothing more will be written; what was written can still be read.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Signal();
        }
    }

    /// <summary>Cuts it: what was not read is lost, and both sides are told.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            // What was read to its end in order stays so.
            if (_completed && _chunks.Count == 0) return;
            _cut = true;
            _chunks.Clear();
            Signal();
        }
    }

    private int Take(Span<byte> buffer)
    {
        var taken = 0;
        var now = time.GetUtcNow();
        while (taken < buffer.Length && _chunks.First is { } first && first.Value.Due <= now)
        {
            var (bytes, due) = first.Value;
            var count = Math.Min(buffer.Length - taken, bytes.Length);
            bytes.Span[..count].CopyTo(buffer[taken..]);
            taken += count;
            if (count == bytes.Length) _chunks.RemoveFirst();
            else first.Value = (bytes[count..], due);
        }

        _held -= taken;
        if (taken > 0) Signal();
        return taken;
    }

    private void Signal()
    {
        var was = _changed;
        _changed = NewSignal();
        was.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TransportException Gone() => new("In memory: the connection is gone.");
}
