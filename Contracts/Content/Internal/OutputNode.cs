using System.Runtime.CompilerServices;

namespace ZeroK.Content.Internal;

/// <summary>
/// The last compression of a chunk, or a parent's only one, not yet run: what it yields depends on whether the node is the root
/// (BLAKE3 paper, sections 2.4 to 2.6).
/// </summary>
internal unsafe struct OutputNode
{
    private fixed uint _chaining[8];
    private fixed byte _block[Blake3Spec.BlockSize];
    private uint _blockLength;
    private uint _flags;
    private ulong _counter;

    internal static OutputNode Create(ReadOnlySpan<uint> chaining, ReadOnlySpan<byte> block, ulong counter, uint flags)
    {
        OutputNode node = default;
        chaining[..8].CopyTo(new Span<uint>(node._chaining, 8));
        block.CopyTo(new Span<byte>(node._block, Blake3Spec.BlockSize));
        node._blockLength = (uint)block.Length;
        node._counter = counter;
        node._flags = flags;
        return node;
    }

    /// <summary>A parent of two chaining values, 64 bytes.</summary>
    internal static OutputNode Parent(Blake3Mode mode, ReadOnlySpan<byte> pair) => Create(mode.Key, pair[..Blake3Spec.BlockSize], 0, mode.Flags | Blake3Spec.Parent);

    /// <summary>Writes the chaining value (32 bytes) of a node that is not the root.</summary>
    internal readonly void ChainingValue(Span<byte> output)
    {
        var words = stackalloc uint[16];
        fixed (uint* chaining = _chaining)
        fixed (byte* block = _block)
            ScalarKernel.Compress(chaining, block, _counter, _blockLength, _flags, words);
        LaneJob.StoreWords(words, output[..Blake3Spec.HashSize]);
    }

    /// <summary>Writes bytes of the root's output, from <paramref name="offset"/> on.</summary>
    [SkipLocalsInit]
    internal readonly void RootBytes(ulong offset, Span<byte> output)
    {
        var words = stackalloc uint[16];
        Span<byte> bytes = stackalloc byte[Blake3Spec.BlockSize];
        var counter = offset / Blake3Spec.BlockSize;
        var skip = (int)(offset % Blake3Spec.BlockSize);
        while (!output.IsEmpty)
        {
            fixed (uint* chaining = _chaining)
            fixed (byte* block = _block)
                ScalarKernel.Compress(chaining, block, counter++, _blockLength, _flags | Blake3Spec.Root, words);
            LaneJob.StoreWords(words, bytes);
            var count = Math.Min(output.Length, bytes.Length - skip);
            bytes.Slice(skip, count).CopyTo(output);
            output = output[count..];
            skip = 0;
        }

        bytes.Clear();
    }
}
