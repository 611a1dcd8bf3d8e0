using System.Buffers;
using System.Numerics;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>Bytes that wait to be sent, in chunks that each fit one transport message: nothing is copied when much is queued, and each chunk's memory goes when it was sent. Holds no memory while it is empty.</summary>
/// <param name="chunkBytesMax">Bytes of a chunk, at most.</param>
internal sealed class ChunkQueue(int chunkBytesMax) : IBufferWriter<byte>
{
    private const int LeastBytes = 4096;

    private readonly Queue<(byte[] Array, int Count)> _full = new();
    private byte[] _last = [];
    private int _count;

    /// <summary>Bytes that wait.</summary>
    public int Length { get; private set; }

    public void Advance(int count)
    {
        _count += count;
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var wanted = Math.Max(sizeHint, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, chunkBytesMax, nameof(sizeHint));
        if (_count + wanted > chunkBytesMax) Next();
        if (_count + wanted > _last.Length) Grow(_count + wanted);
        return _last.AsMemory(_count, Math.Min(_last.Length, chunkBytesMax) - _count);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>The next chunk to send; it stays until <see cref="Drop"/>.</summary>
    public bool TryPeek(out ReadOnlyMemory<byte> chunk)
    {
        if (_full.Count == 0 && _count > 0) Next();
        if (!_full.TryPeek(out var first))
        {
            chunk = default;
            return false;
        }

        chunk = first.Array.AsMemory(0, first.Count);
        return true;
    }

    /// <summary>Gives the first chunk's memory back, wiped: it held what the session carried.</summary>
    public void Drop()
    {
        var (array, count) = _full.Dequeue();
        Length -= count;
        Return(array, count);
    }

    private void Next()
    {
        _full.Enqueue((_last, _count));
        (_last, _count) = ([], 0);
    }

    private void Grow(int bytes)
    {
        var larger = LargeBuffers.Rent(bytes > LeastBytes * 4 ? chunkBytesMax : Math.Max(LeastBytes, (int)BitOperations.RoundUpToPowerOf2((uint)bytes)));
        _last.AsSpan(0, _count).CopyTo(larger);
        if (_last.Length > 0) Return(_last, _count);
        _last = larger;
    }

    private static void Return(byte[] array, int count)
    {
        array.AsSpan(0, count).Clear();
        LargeBuffers.Return(array);
    }
}
