namespace ZeroK.Wire;

/// <summary>Arrays that wait to be used again, by size; at most so many bytes of them.</summary>
internal sealed class KeptArrays(long bytesMax)
{
    /// <summary>Sizes are multiples of this.</summary>
    public const int StepBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Stack<byte[]>> _kept = [];
    private long _bytes;

    /// <summary>Bytes that wait.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _bytes;
        }
    }

    public byte[] Take(int bytes)
    {
        var size = checked((bytes + StepBytes - 1) / StepBytes * StepBytes);
        lock (_gate)
        {
            if (_kept.TryGetValue(size, out var kept) && kept.TryPop(out var array))
            {
                _bytes -= size;
                return array;
            }
        }

        return GC.AllocateUninitializedArray<byte>(size);
    }

    /// <exception cref="InvalidOperationException">It waits here already.</exception>
    public void Keep(byte[] array)
    {
        if (array.Length == 0 || array.Length % StepBytes != 0) throw new ArgumentException("This array was not rented here.", nameof(array));
        lock (_gate)
        {
            if (!_kept.TryGetValue(array.Length, out var kept)) _kept[array.Length] = kept = [];
            if (kept.Contains(array)) throw new InvalidOperationException("This array was given back before.");
            if (_bytes + array.Length > bytesMax) return;
            kept.Push(array);
            _bytes += array.Length;
        }
    }
}
