using System.Buffers;

namespace ZeroK.Channel.Internal;

/// <summary>A growing buffer that holds no memory while it is empty: written at the end, read at the front.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int LeastBytes = 4096;

    // The shared pool keeps an array of each size for every thread: of large ones that would be far more than is in use.
    private const int SharedBytesMax = 64 * 1024;
    private const int KeptOfASize = 2;
    private static readonly ArrayPool<byte> Large = ArrayPool<byte>.Create(8 * 1024 * 1024, KeptOfASize);

    private byte[] _array = [];
    private int _start;
    private int _end;
    private int _used;

    public int Length => _end - _start;

    public ReadOnlyMemory<byte> Written => _array.AsMemory(_start, Length);

    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(_start, Length);

    public void Advance(int count)
    {
        _end += count;
        _used = Math.Max(_used, _end);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Takes bytes off the front; gives the memory back when none is left.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end) Release();
    }

    /// <summary>Gives the memory back, wiped: it held what the session carried.</summary>
    public void Release()
    {
        Return();
        _array = [];
        _start = _end = _used = 0;
    }

    // Only what was written is wiped: the array may be far larger.
    private void Return()
    {
        if (_array.Length == 0) return;
        _array.AsSpan(0, _used).Clear();
        PoolOf(_array.Length).Return(_array);
    }

    /// <summary>The pool for arrays of a size.</summary>
    public static ArrayPool<byte> PoolOf(int bytes) => bytes <= SharedBytesMax ? ArrayPool<byte>.Shared : Large;

    private void Reserve(int count)
    {
        if (_array.Length - _end >= count) return;
        if (_start > 0 && _array.Length - Length >= count && _start >= Length)
        {
            WrittenSpan.CopyTo(_array);
        }
        else
        {
            var bytes = Math.Max(LeastBytes, Math.Max(Length + count, Length * 2));
            var larger = PoolOf(bytes).Rent(bytes);
            WrittenSpan.CopyTo(larger);
            Return();
            _array = larger;
        }

        (_start, _end) = (0, Length);
        _used = Math.Max(_used, _end);
    }
}
