namespace ZeroK.Content.Internal;

/// <summary>A chunk of up to 1,024 bytes that arrives in pieces. Its last block is kept back: only then is it known to be the last.</summary>
internal unsafe struct ChunkState
{
    private fixed uint _chaining[16];
    private fixed byte _block[Blake3Spec.BlockSize];
    private int _blockLength;
    private int _blocksDone;
    private uint _flags;

    internal ChunkState(Blake3Mode mode, ulong counter)
    {
        for (var word = 0; word < 8; word++) _chaining[word] = mode.Key[word];
        _flags = mode.Flags;
        Counter = counter;
    }

    /// <summary>The chunk's number in the whole input.</summary>
    internal ulong Counter { get; }

    /// <summary>Bytes so far.</summary>
    internal readonly int Length => (_blocksDone * Blake3Spec.BlockSize) + _blockLength;

    /// <summary>Adds bytes: at most <c>1024 - Length</c>.</summary>
    internal void Update(ReadOnlySpan<byte> data)
    {
        fixed (uint* chaining = _chaining)
        fixed (byte* block = _block)
        {
            while (!data.IsEmpty)
            {
                if (_blockLength == Blake3Spec.BlockSize)
                {
                    ScalarKernel.Compress(chaining, block, Counter, Blake3Spec.BlockSize, _flags | StartFlag, chaining);
                    _blocksDone++;
                    _blockLength = 0;
                }

                var count = Math.Min(data.Length, Blake3Spec.BlockSize - _blockLength);
                data[..count].CopyTo(new Span<byte>(block + _blockLength, count));
                _blockLength += count;
                data = data[count..];
            }
        }
    }

    internal readonly OutputNode Node()
    {
        fixed (uint* chaining = _chaining)
        fixed (byte* block = _block)
            return OutputNode.Create(new ReadOnlySpan<uint>(chaining, 8), new ReadOnlySpan<byte>(block, _blockLength), Counter, _flags | StartFlag | Blake3Spec.ChunkEnd);
    }

    private readonly uint StartFlag => _blocksDone == 0 ? Blake3Spec.ChunkStart : 0;
}
