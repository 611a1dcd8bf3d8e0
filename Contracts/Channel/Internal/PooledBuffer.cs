using System.Buffers;
using System.Numerics;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>A growing buffer that holds no memory while it is empty: written at the end, read at the front.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int LeastBytes = 4096;
    private byte[] _array = [];
    private int _start;
    private int _end;
    private int _used;

    public int Length => _end - _start;

    /// <summary>Bytes of memory that it holds now.</summary>
    public int Capacity => _array.Length;

    public ReadOnlyMemory<byte> Written => _array.AsMemory(_start, Length);

    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(_start, Length);

    public void Advance(int count)
    {
        _end += count;
        _used = Math.Max(_used, _end);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => GetMemory(sizeHint, 0);

    /// <summary>Memory for so many more bytes. Where <paramref name="whole"/> bytes are all that is expected, it doubles up to those and no further.</summary>
    public Memory<byte> GetMemory(int sizeHint, int whole)
    {
        Reserve(Math.Max(sizeHint, 1), whole);
        return _array.AsMemory(_end);
    }

    /// <summary>What <see cref="Capacity"/> will be, at most, after asking for so many more bytes.</summary>
    public int CapacityFor(int count, int whole) => _array.Length - _end >= count || Fits(count) ? _array.Length : Grown(count, whole);

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
        LargeBuffers.Return(_array);
    }

    private void Reserve(int count, int whole)
    {
        if (_array.Length - _end >= count) return;
        if (Fits(count))
        {
            WrittenSpan.CopyTo(_array);
        }
        else
        {
            var larger = LargeBuffers.Rent(Grown(count, whole));
            WrittenSpan.CopyTo(larger);
            Return();
            _array = larger;
        }

        (_start, _end) = (0, Length);
        _used = Math.Max(_used, _end);
    }

    // Whether moving what is there to the front makes room, and is worth it.
    private bool Fits(int count) => _start > 0 && _array.Length - Length >= count && _start >= Length;

    private int Grown(int count, int whole)
    {
        var doubled = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(LeastBytes, Length + count));
        return whole > 0 ? Math.Max(Length + count, Math.Min(doubled, whole)) : doubled;
    }
}
