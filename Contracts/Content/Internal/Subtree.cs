using System.Numerics;
using System.Runtime.CompilerServices;

namespace ZeroK.Content.Internal;

/// <summary>
/// Chaining values of whole subtrees. The tree is left-complete: the left child holds the largest power of two of chunks that leaves
/// at least one byte for the right (BLAKE3 paper, section 2.1). So joining neighbours level by level, an odd last one moving up as it is, gives the same tree.
/// </summary>
internal static unsafe class Subtree
{
    /// <summary>Chunks whose chaining values fit on the stack: enough to fill the widest kernel at most levels.</summary>
    internal const int BatchChunks = 256;

    internal const int BatchBytes = BatchChunks * Blake3Spec.ChunkSize;

    // A thread's share: large enough that handing it out costs nothing.
    private const int PieceBytes = 4 * BatchBytes;

    internal static long ChunkCount(long length) => Math.Max(1, (length + Blake3Spec.ChunkSize - 1) / Blake3Spec.ChunkSize);

    /// <summary>The chunks (or groups) of a node's left child.</summary>
    internal static long LeftCount(long count) => (long)(BitOperations.RoundUpToPowerOf2((ulong)count) >> 1);

    /// <summary>Writes one chaining value (32 bytes) a chunk; the last chunk may be short.</summary>
    internal static int Chunks(SimdPath path, Blake3Mode mode, byte* data, long length, ulong counter, byte* values)
    {
        var whole = (int)(length / Blake3Spec.ChunkSize);
        fixed (uint* key = mode.Key)
        {
            var job = new LaneJob
            {
                Input = data, Stride = Blake3Spec.ChunkSize, Blocks = Blake3Spec.BlocksPerChunk, Key = key, Counter = counter, CounterStep = 1,
                Flags = mode.Flags, FlagsFirst = Blake3Spec.ChunkStart, FlagsLast = Blake3Spec.ChunkEnd, Output = values,
            };
            Kernels.Compress(path, job, whole);
        }

        var rest = (int)(length % Blake3Spec.ChunkSize);
        if (rest == 0) return whole;
        var chunk = new ChunkState(mode, counter + (ulong)whole);
        chunk.Update(new ReadOnlySpan<byte>(data + length - rest, rest));
        chunk.Node().ChainingValue(new Span<byte>(values + (whole * Blake3Spec.HashSize), Blake3Spec.HashSize));
        return whole + 1;
    }

    /// <summary>Joins neighbours until at most <paramref name="target"/> chaining values are left, in place; returns how many are left.</summary>
    internal static int Reduce(SimdPath path, Blake3Mode mode, byte* values, int count, int target)
    {
        fixed (uint* key = mode.Key)
        {
            while (count > target)
            {
                var job = new LaneJob
                {
                    Input = values, Stride = Blake3Spec.BlockSize, Blocks = 1, Key = key,
                    Flags = mode.Flags | Blake3Spec.Parent, Output = values,
                };
                var pairs = count / 2;
                Kernels.Compress(path, job, pairs);
                if (count % 2 != 0)
                    Unsafe.CopyBlockUnaligned(values + (pairs * Blake3Spec.HashSize), values + ((count - 1) * Blake3Spec.HashSize), Blake3Spec.HashSize);
                count -= pairs;
            }
        }

        return count;
    }

    /// <summary>Writes the chaining value (32 bytes) of a subtree that is not the root.</summary>
    [SkipLocalsInit]
    internal static void ChainingValue(SimdPath path, Blake3Mode mode, byte* data, long length, ulong counter, byte* value)
    {
        if (length <= BatchBytes)
        {
            var values = stackalloc byte[BatchChunks * Blake3Spec.HashSize];
            Reduce(path, mode, values, Chunks(path, mode, data, length, counter, values), 1);
            Unsafe.CopyBlockUnaligned(value, values, Blake3Spec.HashSize);
            return;
        }

        var pair = stackalloc byte[2 * Blake3Spec.HashSize];
        Halves(path, mode, data, length, counter, pair, 1);
        OutputNode.Parent(mode, new ReadOnlySpan<byte>(pair, 2 * Blake3Spec.HashSize)).ChainingValue(new Span<byte>(value, Blake3Spec.HashSize));
    }

    /// <summary>Writes the chaining values of the two children of a subtree of more than one chunk.</summary>
    [SkipLocalsInit]
    internal static void Halves(SimdPath path, Blake3Mode mode, byte* data, long length, ulong counter, byte* pair, int degreeOfParallelism)
    {
        if (length <= BatchBytes)
        {
            var values = stackalloc byte[BatchChunks * Blake3Spec.HashSize];
            Reduce(path, mode, values, Chunks(path, mode, data, length, counter, values), 2);
            Unsafe.CopyBlockUnaligned(pair, values, 2 * Blake3Spec.HashSize);
            return;
        }

        if (degreeOfParallelism > 1 && length > 2 * PieceBytes)
        {
            ParallelHalves(path, mode, data, length, counter, pair, degreeOfParallelism);
            return;
        }

        var left = LeftCount(ChunkCount(length));
        var leftBytes = left * Blake3Spec.ChunkSize;
        ChainingValue(path, mode, data, leftBytes, counter, pair);
        ChainingValue(path, mode, data + leftBytes, length - leftBytes, counter + (ulong)left, pair + Blake3Spec.HashSize);
    }

    private static void ParallelHalves(SimdPath path, Blake3Mode mode, byte* data, long length, ulong counter, byte* pair, int degreeOfParallelism)
    {
        var count = (int)((length + PieceBytes - 1) / PieceBytes);
        var values = GC.AllocateUninitializedArray<byte>(count * Blake3Spec.HashSize, pinned: true);
        var output = (byte*)Unsafe.AsPointer(ref values[0]);
        var options = new ParallelOptions { MaxDegreeOfParallelism = degreeOfParallelism };
        Parallel.For(0, count, options, piece =>
        {
            var start = (long)piece * PieceBytes;
            ChainingValue(path, mode, data + start, Math.Min(PieceBytes, length - start), counter + (ulong)(start / Blake3Spec.ChunkSize), output + (piece * Blake3Spec.HashSize));
        });
        Reduce(path, mode, output, count, 2);
        Unsafe.CopyBlockUnaligned(pair, output, 2 * Blake3Spec.HashSize);
        GC.KeepAlive(values);
    }
}
