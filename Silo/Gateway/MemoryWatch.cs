namespace ZeroK.Gateway;

/// <summary>Whether the process uses more of the memory that it may have than it should: then requests with bytes are refused, before the system ends it.</summary>
/// <remarks>Looked at twice a second at most. What it may have is the machine's memory, or the container's limit.</remarks>
internal sealed class MemoryWatch(int percentMax, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private readonly Lock _gate = new();
    private long _lookedAt;
    private bool _isShort;
    private bool _looked;

    public bool IsShort
    {
        get
        {
            if (percentMax >= 100) return false;
            lock (_gate)
            {
                if (_looked && time.GetElapsedTime(_lookedAt) < Every) return _isShort;
                (_looked, _lookedAt) = (true, time.GetTimestamp());
                return _isShort = Environment.WorkingSet > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 100 * percentMax;
            }
        }
    }
}
