using System.Buffers;

namespace ZeroK.Wire;

/// <summary>Writes into memory of <see cref="LargeBuffers.RentExactly"/>, which does not grow.</summary>
/// <param name="capacity">Bytes that will be written at most.</param>
public sealed class LargeWriter(int capacity) : IBufferWriter<byte>
{
    private readonly Memory<byte> _memory = LargeBuffers.RentExactly(capacity);
    private int _count;

    /// <summary>What was written; whoever has it last gives it to <see cref="LargeBuffers.Return(ReadOnlyMemory{byte})"/>.</summary>
    public ReadOnlyMemory<byte> Written => _memory[.._count];

    /// <inheritdoc/>
    public void Advance(int count) => _count = count >= 0 && count <= _memory.Length - _count ? _count + count : throw new ArgumentOutOfRangeException(nameof(count));

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => sizeHint <= _memory.Length - _count ? _memory[_count..] : throw new ArgumentOutOfRangeException(nameof(sizeHint));

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
