using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ZeroK.Content.Internal;

/// <summary>Compresses 8 inputs of equal length at once, one in each 32-bit lane of Vector256 (BLAKE3 paper, section 5.3).</summary>
/// <remarks>
/// Unsafe on purpose: pointers keep bounds checks out of the rounds. The caller guarantees 8 readable inputs and room for 8 chaining values.
/// The state stays in registers; the transposed message block (16 vectors) is read from the stack by the additions.
/// </remarks>
internal static unsafe class Kernel256
{
    internal const int Lanes = 8;

    internal static bool IsSupported => Avx2.IsSupported;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Compress(in LaneJob job)
    {
        // Aligned by hand, so that no message vector straddles two cache lines.
        byte* scratch = stackalloc byte[512 + 32];
        var message = (byte*)(((nuint)scratch + 31) & ~(nuint)31);

        var counters = stackalloc uint[2 * Lanes];
        job.FillCounters(counters, Lanes);
        var counterLow = Vector256.Load(counters);
        var counterHigh = Vector256.Load(counters + Lanes);

        var h0 = Vector256.Create(job.Key[0]);
        var h1 = Vector256.Create(job.Key[1]);
        var h2 = Vector256.Create(job.Key[2]);
        var h3 = Vector256.Create(job.Key[3]);
        var h4 = Vector256.Create(job.Key[4]);
        var h5 = Vector256.Create(job.Key[5]);
        var h6 = Vector256.Create(job.Key[6]);
        var h7 = Vector256.Create(job.Key[7]);

        for (var block = 0; block < job.Blocks; block++)
        {
            job.PrefetchAhead(block, Lanes);
            var input = job.Input + (block * Blake3Spec.BlockSize);
            Transpose(input, job.Stride, message);
            Transpose(input + 32, job.Stride, message + 256);

            var v0 = h0;
            var v1 = h1;
            var v2 = h2;
            var v3 = h3;
            var v4 = h4;
            var v5 = h5;
            var v6 = h6;
            var v7 = h7;
            var v8 = Vector256.Create(Blake3Spec.Iv0);
            var v9 = Vector256.Create(Blake3Spec.Iv1);
            var v10 = Vector256.Create(Blake3Spec.Iv2);
            var v11 = Vector256.Create(Blake3Spec.Iv3);
            var v12 = counterLow;
            var v13 = counterHigh;
            var v14 = Vector256.Create((uint)Blake3Spec.BlockSize);
            var v15 = Vector256.Create(job.BlockFlags(block));

            var order = Blake3Spec.Order;
            for (var round = 0; round < Blake3Spec.Rounds; round++, order += 16)
            {
                v0 = v0 + Word(message, order[0]) + v4;
                v1 = v1 + Word(message, order[2]) + v5;
                v2 = v2 + Word(message, order[4]) + v6;
                v3 = v3 + Word(message, order[6]) + v7;
                v12 = Rotate16(v12 ^ v0);
                v13 = Rotate16(v13 ^ v1);
                v14 = Rotate16(v14 ^ v2);
                v15 = Rotate16(v15 ^ v3);
                v8 += v12;
                v9 += v13;
                v10 += v14;
                v11 += v15;
                v4 = Rotate12(v4 ^ v8);
                v5 = Rotate12(v5 ^ v9);
                v6 = Rotate12(v6 ^ v10);
                v7 = Rotate12(v7 ^ v11);
                v0 = v0 + Word(message, order[1]) + v4;
                v1 = v1 + Word(message, order[3]) + v5;
                v2 = v2 + Word(message, order[5]) + v6;
                v3 = v3 + Word(message, order[7]) + v7;
                v12 = Rotate8(v12 ^ v0);
                v13 = Rotate8(v13 ^ v1);
                v14 = Rotate8(v14 ^ v2);
                v15 = Rotate8(v15 ^ v3);
                v8 += v12;
                v9 += v13;
                v10 += v14;
                v11 += v15;
                v4 = Rotate7(v4 ^ v8);
                v5 = Rotate7(v5 ^ v9);
                v6 = Rotate7(v6 ^ v10);
                v7 = Rotate7(v7 ^ v11);

                v0 = v0 + Word(message, order[8]) + v5;
                v1 = v1 + Word(message, order[10]) + v6;
                v2 = v2 + Word(message, order[12]) + v7;
                v3 = v3 + Word(message, order[14]) + v4;
                v15 = Rotate16(v15 ^ v0);
                v12 = Rotate16(v12 ^ v1);
                v13 = Rotate16(v13 ^ v2);
                v14 = Rotate16(v14 ^ v3);
                v10 += v15;
                v11 += v12;
                v8 += v13;
                v9 += v14;
                v5 = Rotate12(v5 ^ v10);
                v6 = Rotate12(v6 ^ v11);
                v7 = Rotate12(v7 ^ v8);
                v4 = Rotate12(v4 ^ v9);
                v0 = v0 + Word(message, order[9]) + v5;
                v1 = v1 + Word(message, order[11]) + v6;
                v2 = v2 + Word(message, order[13]) + v7;
                v3 = v3 + Word(message, order[15]) + v4;
                v15 = Rotate8(v15 ^ v0);
                v12 = Rotate8(v12 ^ v1);
                v13 = Rotate8(v13 ^ v2);
                v14 = Rotate8(v14 ^ v3);
                v10 += v15;
                v11 += v12;
                v8 += v13;
                v9 += v14;
                v5 = Rotate7(v5 ^ v10);
                v6 = Rotate7(v6 ^ v11);
                v7 = Rotate7(v7 ^ v8);
                v4 = Rotate7(v4 ^ v9);
            }

            h0 = v0 ^ v8;
            h1 = v1 ^ v9;
            h2 = v2 ^ v10;
            h3 = v3 ^ v11;
            h4 = v4 ^ v12;
            h5 = v5 ^ v13;
            h6 = v6 ^ v14;
            h7 = v7 ^ v15;
        }

        Store(h0, h1, h2, h3, job.Output);
        Store(h4, h5, h6, h7, job.Output + 16);
    }

    // Rows in: 8 words of one input's block. Rows out: one word of all 8 inputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(byte* input, nuint stride, byte* message)
    {
        var r0 = Vector256.Load((uint*)(input + (0 * stride)));
        var r1 = Vector256.Load((uint*)(input + (1 * stride)));
        var r2 = Vector256.Load((uint*)(input + (2 * stride)));
        var r3 = Vector256.Load((uint*)(input + (3 * stride)));
        var r4 = Vector256.Load((uint*)(input + (4 * stride)));
        var r5 = Vector256.Load((uint*)(input + (5 * stride)));
        var r6 = Vector256.Load((uint*)(input + (6 * stride)));
        var r7 = Vector256.Load((uint*)(input + (7 * stride)));

        // Pairs of words, then pairs of pairs: each 128-bit half now holds one word of four inputs.
        var p0 = Avx2.UnpackLow(r0, r1);
        var p1 = Avx2.UnpackHigh(r0, r1);
        var p2 = Avx2.UnpackLow(r2, r3);
        var p3 = Avx2.UnpackHigh(r2, r3);
        var p4 = Avx2.UnpackLow(r4, r5);
        var p5 = Avx2.UnpackHigh(r4, r5);
        var p6 = Avx2.UnpackLow(r6, r7);
        var p7 = Avx2.UnpackHigh(r6, r7);
        var q0 = Avx2.UnpackLow(p0.AsUInt64(), p2.AsUInt64()).AsUInt32();
        var q1 = Avx2.UnpackHigh(p0.AsUInt64(), p2.AsUInt64()).AsUInt32();
        var q2 = Avx2.UnpackLow(p1.AsUInt64(), p3.AsUInt64()).AsUInt32();
        var q3 = Avx2.UnpackHigh(p1.AsUInt64(), p3.AsUInt64()).AsUInt32();
        var q4 = Avx2.UnpackLow(p4.AsUInt64(), p6.AsUInt64()).AsUInt32();
        var q5 = Avx2.UnpackHigh(p4.AsUInt64(), p6.AsUInt64()).AsUInt32();
        var q6 = Avx2.UnpackLow(p5.AsUInt64(), p7.AsUInt64()).AsUInt32();
        var q7 = Avx2.UnpackHigh(p5.AsUInt64(), p7.AsUInt64()).AsUInt32();

        // Then the halves change places.
        var m = (uint*)message;
        Avx2.Permute2x128(q0, q4, 0x20).Store(m + 0);
        Avx2.Permute2x128(q0, q4, 0x31).Store(m + 32);
        Avx2.Permute2x128(q1, q5, 0x20).Store(m + 8);
        Avx2.Permute2x128(q1, q5, 0x31).Store(m + 40);
        Avx2.Permute2x128(q2, q6, 0x20).Store(m + 16);
        Avx2.Permute2x128(q2, q6, 0x31).Store(m + 48);
        Avx2.Permute2x128(q3, q7, 0x20).Store(m + 24);
        Avx2.Permute2x128(q3, q7, 0x31).Store(m + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate16(Vector256<uint> x) => Avx2.Shuffle(x.AsByte(), Vector256.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate12(Vector256<uint> x) => (x >>> 12) | (x << 20);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate8(Vector256<uint> x) => Avx2.Shuffle(x.AsByte(), Vector256.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate7(Vector256<uint> x) => (x >>> 7) | (x << 25);

    // The vector of one message word, by its entry in the order table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Word(byte* message, byte entry) => *(Vector256<uint>*)(message + ((nuint)entry * 4));

    // Four words of all 8 chaining values to their places, 32 bytes apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, byte* output)
    {
        var p0 = Avx2.UnpackLow(a, b).AsUInt64();
        var p1 = Avx2.UnpackHigh(a, b).AsUInt64();
        var p2 = Avx2.UnpackLow(c, d).AsUInt64();
        var p3 = Avx2.UnpackHigh(c, d).AsUInt64();
        Store(Avx2.UnpackLow(p0, p2), output);
        Store(Avx2.UnpackHigh(p0, p2), output + 32);
        Store(Avx2.UnpackLow(p1, p3), output + 64);
        Store(Avx2.UnpackHigh(p1, p3), output + 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<ulong> twoLanes, byte* output)
    {
        twoLanes.GetLower().Store((ulong*)output);
        twoLanes.GetUpper().Store((ulong*)(output + 128));
    }
}
