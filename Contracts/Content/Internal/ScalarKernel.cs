using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ZeroK.Content.Internal;

/// <summary>The compression function, one block at a time, in plain integers (BLAKE3 paper, section 2.2). Runs everywhere, at any byte order.</summary>
internal static unsafe class ScalarKernel
{
    /// <summary>Compresses one input of the job.</summary>
    internal static void Compress(in LaneJob job)
    {
        var state = stackalloc uint[16];
        for (var word = 0; word < 8; word++) state[word] = job.Key[word];
        for (var block = 0; block < job.Blocks; block++)
            Compress(state, job.Input + (block * Blake3Spec.BlockSize), job.Counter, Blake3Spec.BlockSize, job.BlockFlags(block), state);
        LaneJob.StoreWords(state, new Span<byte>(job.Output, Blake3Spec.HashSize));
    }

    /// <summary>Compresses one block of 64 bytes (zeros after <paramref name="blockLength"/>).</summary>
    /// <param name="chaining">8 words in.</param>
    /// <param name="block">64 bytes.</param>
    /// <param name="counter">Chunk counter, or output block counter.</param>
    /// <param name="blockLength">Bytes used of the block, 0 to 64.</param>
    /// <param name="flags">Domain separation.</param>
    /// <param name="output">16 words out: the new chaining value is the first 8. May be <paramref name="chaining"/>.</param>
    [SkipLocalsInit]
    internal static void Compress(uint* chaining, byte* block, ulong counter, uint blockLength, uint flags, uint* output)
    {
        var m = stackalloc uint[16];
        for (var word = 0; word < 16; word++)
            m[word] = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(block + (4 * word), 4));

        uint v0 = chaining[0], v1 = chaining[1], v2 = chaining[2], v3 = chaining[3];
        uint v4 = chaining[4], v5 = chaining[5], v6 = chaining[6], v7 = chaining[7];
        uint v8 = Blake3Spec.Iv0, v9 = Blake3Spec.Iv1, v10 = Blake3Spec.Iv2, v11 = Blake3Spec.Iv3;
        uint v12 = (uint)counter, v13 = (uint)(counter >> 32), v14 = blockLength, v15 = flags;

        var order = Blake3Spec.Order;
        for (var round = 0; round < Blake3Spec.Rounds; round++, order += 16)
        {
            Mix(ref v0, ref v4, ref v8, ref v12, m[order[0] / 8], m[order[1] / 8]);
            Mix(ref v1, ref v5, ref v9, ref v13, m[order[2] / 8], m[order[3] / 8]);
            Mix(ref v2, ref v6, ref v10, ref v14, m[order[4] / 8], m[order[5] / 8]);
            Mix(ref v3, ref v7, ref v11, ref v15, m[order[6] / 8], m[order[7] / 8]);
            Mix(ref v0, ref v5, ref v10, ref v15, m[order[8] / 8], m[order[9] / 8]);
            Mix(ref v1, ref v6, ref v11, ref v12, m[order[10] / 8], m[order[11] / 8]);
            Mix(ref v2, ref v7, ref v8, ref v13, m[order[12] / 8], m[order[13] / 8]);
            Mix(ref v3, ref v4, ref v9, ref v14, m[order[14] / 8], m[order[15] / 8]);
        }

        output[8] = v8 ^ chaining[0];
        output[9] = v9 ^ chaining[1];
        output[10] = v10 ^ chaining[2];
        output[11] = v11 ^ chaining[3];
        output[12] = v12 ^ chaining[4];
        output[13] = v13 ^ chaining[5];
        output[14] = v14 ^ chaining[6];
        output[15] = v15 ^ chaining[7];
        output[0] = v0 ^ v8;
        output[1] = v1 ^ v9;
        output[2] = v2 ^ v10;
        output[3] = v3 ^ v11;
        output[4] = v4 ^ v12;
        output[5] = v5 ^ v13;
        output[6] = v6 ^ v14;
        output[7] = v7 ^ v15;
    }

    // The quarter round G.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref uint a, ref uint b, ref uint c, ref uint d, uint x, uint y)
    {
        a = a + x + b;
        d = BitOperations.RotateRight(d ^ a, 16);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 12);
        a = a + y + b;
        d = BitOperations.RotateRight(d ^ a, 8);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 7);
    }
}
