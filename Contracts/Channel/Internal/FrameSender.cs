using System.Buffers.Binary;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>Queues frames of many callers and writes them: what was queued during one write leaves in the next.</summary>
internal sealed class FrameSender(IByteStream stream, NoiseSession noise, ChannelOptions options)
{
    private const int LengthBytes = 2;
    private const int ChunkBytes = NoiseSession.MessageBytesMax - NoiseSession.TagBytes;

    private readonly Lock _gate = new();
    private ChunkQueue _queued = new(ChunkBytes);
    private ChunkQueue _writing = new(ChunkBytes);
    private readonly FrameClock _clock = new(options.SendTimeout, options.BytesPerSecondMin, options.Time);
    private TaskCompletionSource? _begun;
    private TaskCompletionSource? _queuedWritten;
    private TaskCompletionSource? _written;
    private Exception? _broken;
    private bool _busy;

    public async ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task? room;
        bool start;
        lock (_gate)
        {
            ThrowIfBroken();
            WireCodec.Write(_queued, requestId, message);
            (start, room) = Queued();
        }

        if (start) _ = WriteAllAsync();
        if (room is not null) await room.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Queues all of them before the write begins.</summary>
    public async ValueTask SendAllAsync(IReadOnlyList<WireFrame> frames, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (frames.Count == 0) return;
        Task? room;
        bool start;
        lock (_gate)
        {
            ThrowIfBroken();
            foreach (var frame in frames) WireCodec.Write(_queued, frame.RequestId, frame.Message);
            (start, room) = Queued();
        }

        if (start) _ = WriteAllAsync();
        if (room is not null) await room.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until all that is queued was handed to the transport.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                ThrowIfBroken();
                if (!_busy) return;
                wait = Waiting(ref _begun);
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until what is queued now is being written.</summary>
    public async ValueTask TakenAsync(CancellationToken cancellationToken)
    {
        Task taken;
        lock (_gate)
        {
            ThrowIfBroken();
            if (_queued.Length == 0) return;
            taken = Waiting(ref _begun);
        }

        await taken.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Close() => Break(new ChannelException(ChannelFailure.Closed, "The channel was closed on this side."));

    private async Task WriteAllAsync()
    {
        try
        {
            while (TakeQueued())
            {
                while (_writing.TryPeek(out var chunk))
                {
                    await WriteAsync(chunk).ConfigureAwait(false);
                    _writing.Drop();
                }

                // The limit is for all that was queued together: who takes a chunk of a frame now and then gains nothing.
                _clock.Stop();
            }
        }
        catch (Exception e)
        {
            Break(e switch
            {
                OperationCanceledException => new ChannelException(ChannelFailure.Timeout, $"The peer did not take a frame within {options.SendTimeout.TotalSeconds:0.#} s.", e),
                TransportException => new ChannelException(ChannelFailure.Transport, "The connection broke.", e),
                _ => new ChannelException(ChannelFailure.Closed, "The channel was closed while sending.", e),
            });
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk)
    {
        var bytes = LengthBytes + chunk.Length + NoiseSession.TagBytes;
        var message = LargeBuffers.Rent(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)(bytes - LengthBytes));
        noise.Seal(chunk.Span, message.AsSpan(LengthBytes, bytes - LengthBytes));
        await stream.SendAsync(message.AsMemory(0, bytes), _clock.Until(CancellationToken.None)).ConfigureAwait(false);
        _clock.Moved(bytes);
        _clock.Pause();

        // Not in a finally: after a failed send the transport may still hold the array.
        LargeBuffers.Return(message);
    }

    private bool TakeQueued()
    {
        TaskCompletionSource? begun, written;
        lock (_gate)
        {
            if (_broken is not null) return false;
            (_queued, _writing) = (_writing, _queued);
            _busy = _writing.Length > 0;
            (begun, _begun) = (_begun, null);
            (written, _written, _queuedWritten) = (_written, _queuedWritten, null);
        }

        begun?.SetResult();
        written?.SetResult();
        return _writing.Length > 0;
    }

    // Under the lock: whether the caller begins the write, and what it waits for while the queue is long: that its bytes are no longer held here.
    private (bool Start, Task? Room) Queued()
    {
        var room = _queued.Length > options.SendQueueBytesMax ? Waiting(ref _queuedWritten) : null;
        if (_busy) return (false, room);
        return (_busy = true, room);
    }

    private static Task Waiting(ref TaskCompletionSource? waiting) => (waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Break(Exception e)
    {
        TaskCompletionSource?[] waiting;
        lock (_gate)
        {
            _broken ??= e;
            waiting = [_begun, _written, _queuedWritten];
            (_begun, _written, _queuedWritten) = (null, null, null);
        }

        foreach (var one in waiting)
        {
            if (one is null) continue;
            one.SetException(_broken);
            _ = one.Task.Exception;
        }
    }

    private void ThrowIfBroken()
    {
        if (_broken is ChannelException e) throw new ChannelException(e.Failure, e.Message, e);
    }
}
