using System.Buffers;
using System.Numerics;

namespace ZeroK.Wire;

/// <summary>Where a thread writes bodies, one at a time. What is large goes back to <see cref="LargeBuffers"/> after each.</summary>
internal sealed class Scratch : IBufferWriter<byte>
{
    private const int LeastBytes = 4096;

    private byte[] _array = new byte[LeastBytes];
    private int _count;

    public ReadOnlySpan<byte> Written => _array.AsSpan(0, _count);

    public void Begin() => _count = 0;

    /// <summary>Keeps only what costs a thread little.</summary>
    public void Shrink()
    {
        if (_array.Length <= LargeBuffers.SharedBytesMax) return;
        _array.AsSpan(0, _count).Clear();
        LargeBuffers.Return(_array);
        _array = new byte[LeastBytes];
    }

    public void Advance(int count) => _count += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _count + Math.Max(sizeHint, 1);
        if (needed > _array.Length) Grow(needed);
        return _array.AsMemory(_count);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private void Grow(int needed)
    {
        var bytes = (int)BitOperations.RoundUpToPowerOf2((uint)needed);
        var larger = bytes > LargeBuffers.SharedBytesMax ? LargeBuffers.Rent(bytes) : new byte[bytes];
        Written.CopyTo(larger);
        if (_array.Length > LargeBuffers.SharedBytesMax) LargeBuffers.Return(_array);
        _array = larger;
    }
}
