using ZeroK.Channel;

namespace ZeroK.Contracts.Tests.Channel;

/// <summary>A budget for begun frames that a test looks into.</summary>
internal sealed class CountedFrames(long bytesMax = long.MaxValue) : IFrameBudget
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public long Most { get; private set; }

    public int Waits { get; private set; }

    public bool TryTake(long bytes)
    {
        lock (_gate)
        {
            if (_bytes + bytes > bytesMax) return false;
            Take(bytes);
            return true;
        }
    }

    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task given;
            lock (_gate)
            {
                if (TryTake(bytes)) return;
                Waits++;
                given = _given.Task;
            }

            await given.WaitAsync(cancellationToken);
        }
    }

    public void Take(long bytes)
    {
        lock (_gate)
        {
            _bytes += bytes;
            Most = Math.Max(Most, _bytes);
        }
    }

    public void Give(long bytes)
    {
        lock (_gate)
        {
            _bytes -= bytes;
            _given.SetResult();
            _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
