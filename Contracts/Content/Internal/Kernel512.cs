using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ZeroK.Content.Internal;

/// <summary>Compresses 16 inputs of equal length at once, one in each 32-bit lane of Vector512 (BLAKE3 paper, section 5.3).</summary>
/// <remarks>
/// Unsafe on purpose: pointers keep bounds checks out of the rounds. The caller guarantees 16 readable inputs and room for 16 chaining values.
/// The state stays in registers; the transposed message block (16 vectors) is read from the stack by the additions.
/// </remarks>
internal static unsafe class Kernel512
{
    internal const int Lanes = 16;

    internal static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Compress(in LaneJob job)
    {
        // Aligned by hand, so that no message vector straddles two cache lines.
        byte* scratch = stackalloc byte[1024 + 64];
        var message = (byte*)(((nuint)scratch + 63) & ~(nuint)63);

        var counters = stackalloc uint[2 * Lanes];
        job.FillCounters(counters, Lanes);
        var counterLow = Vector512.Load(counters);
        var counterHigh = Vector512.Load(counters + Lanes);

        var h0 = Vector512.Create(job.Key[0]);
        var h1 = Vector512.Create(job.Key[1]);
        var h2 = Vector512.Create(job.Key[2]);
        var h3 = Vector512.Create(job.Key[3]);
        var h4 = Vector512.Create(job.Key[4]);
        var h5 = Vector512.Create(job.Key[5]);
        var h6 = Vector512.Create(job.Key[6]);
        var h7 = Vector512.Create(job.Key[7]);

        for (var block = 0; block < job.Blocks; block++)
        {
            job.PrefetchAhead(block, Lanes);
            Transpose(job.Input + (block * Blake3Spec.BlockSize), job.Stride, message);

            var v0 = h0;
            var v1 = h1;
            var v2 = h2;
            var v3 = h3;
            var v4 = h4;
            var v5 = h5;
            var v6 = h6;
            var v7 = h7;
            var v8 = Vector512.Create(Blake3Spec.Iv0);
            var v9 = Vector512.Create(Blake3Spec.Iv1);
            var v10 = Vector512.Create(Blake3Spec.Iv2);
            var v11 = Vector512.Create(Blake3Spec.Iv3);
            var v12 = counterLow;
            var v13 = counterHigh;
            var v14 = Vector512.Create((uint)Blake3Spec.BlockSize);
            var v15 = Vector512.Create(job.BlockFlags(block));

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

    // Rows in: the 16 words of one input's block. Rows out: one word of all 16 inputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(byte* input, nuint stride, byte* message)
    {
        var r0 = Vector512.Load((uint*)(input + (0 * stride)));
        var r1 = Vector512.Load((uint*)(input + (1 * stride)));
        var r2 = Vector512.Load((uint*)(input + (2 * stride)));
        var r3 = Vector512.Load((uint*)(input + (3 * stride)));
        var r4 = Vector512.Load((uint*)(input + (4 * stride)));
        var r5 = Vector512.Load((uint*)(input + (5 * stride)));
        var r6 = Vector512.Load((uint*)(input + (6 * stride)));
        var r7 = Vector512.Load((uint*)(input + (7 * stride)));
        var r8 = Vector512.Load((uint*)(input + (8 * stride)));
        var r9 = Vector512.Load((uint*)(input + (9 * stride)));
        var r10 = Vector512.Load((uint*)(input + (10 * stride)));
        var r11 = Vector512.Load((uint*)(input + (11 * stride)));
        var r12 = Vector512.Load((uint*)(input + (12 * stride)));
        var r13 = Vector512.Load((uint*)(input + (13 * stride)));
        var r14 = Vector512.Load((uint*)(input + (14 * stride)));
        var r15 = Vector512.Load((uint*)(input + (15 * stride)));

        // Pairs of words, then pairs of pairs: each 128-bit piece now holds one word of four inputs.
        var p0 = Avx512F.UnpackLow(r0, r1);
        var p1 = Avx512F.UnpackHigh(r0, r1);
        var p2 = Avx512F.UnpackLow(r2, r3);
        var p3 = Avx512F.UnpackHigh(r2, r3);
        var p4 = Avx512F.UnpackLow(r4, r5);
        var p5 = Avx512F.UnpackHigh(r4, r5);
        var p6 = Avx512F.UnpackLow(r6, r7);
        var p7 = Avx512F.UnpackHigh(r6, r7);
        var p8 = Avx512F.UnpackLow(r8, r9);
        var p9 = Avx512F.UnpackHigh(r8, r9);
        var p10 = Avx512F.UnpackLow(r10, r11);
        var p11 = Avx512F.UnpackHigh(r10, r11);
        var p12 = Avx512F.UnpackLow(r12, r13);
        var p13 = Avx512F.UnpackHigh(r12, r13);
        var p14 = Avx512F.UnpackLow(r14, r15);
        var p15 = Avx512F.UnpackHigh(r14, r15);
        var q0 = Avx512F.UnpackLow(p0.AsUInt64(), p2.AsUInt64()).AsUInt32();
        var q1 = Avx512F.UnpackHigh(p0.AsUInt64(), p2.AsUInt64()).AsUInt32();
        var q2 = Avx512F.UnpackLow(p1.AsUInt64(), p3.AsUInt64()).AsUInt32();
        var q3 = Avx512F.UnpackHigh(p1.AsUInt64(), p3.AsUInt64()).AsUInt32();
        var q4 = Avx512F.UnpackLow(p4.AsUInt64(), p6.AsUInt64()).AsUInt32();
        var q5 = Avx512F.UnpackHigh(p4.AsUInt64(), p6.AsUInt64()).AsUInt32();
        var q6 = Avx512F.UnpackLow(p5.AsUInt64(), p7.AsUInt64()).AsUInt32();
        var q7 = Avx512F.UnpackHigh(p5.AsUInt64(), p7.AsUInt64()).AsUInt32();
        var q8 = Avx512F.UnpackLow(p8.AsUInt64(), p10.AsUInt64()).AsUInt32();
        var q9 = Avx512F.UnpackHigh(p8.AsUInt64(), p10.AsUInt64()).AsUInt32();
        var q10 = Avx512F.UnpackLow(p9.AsUInt64(), p11.AsUInt64()).AsUInt32();
        var q11 = Avx512F.UnpackHigh(p9.AsUInt64(), p11.AsUInt64()).AsUInt32();
        var q12 = Avx512F.UnpackLow(p12.AsUInt64(), p14.AsUInt64()).AsUInt32();
        var q13 = Avx512F.UnpackHigh(p12.AsUInt64(), p14.AsUInt64()).AsUInt32();
        var q14 = Avx512F.UnpackLow(p13.AsUInt64(), p15.AsUInt64()).AsUInt32();
        var q15 = Avx512F.UnpackHigh(p13.AsUInt64(), p15.AsUInt64()).AsUInt32();

        // Then the 128-bit pieces change places: word 4p + w comes from piece p of q(w), q(4 + w), q(8 + w), q(12 + w).
        var m = (uint*)message;
        var e0 = Avx512F.Shuffle4x128(q0, q4, 0x88);
        var o0 = Avx512F.Shuffle4x128(q0, q4, 0xDD);
        var f0 = Avx512F.Shuffle4x128(q8, q12, 0x88);
        var g0 = Avx512F.Shuffle4x128(q8, q12, 0xDD);
        Avx512F.Shuffle4x128(e0, f0, 0x88).Store(m + 0);
        Avx512F.Shuffle4x128(o0, g0, 0x88).Store(m + 64);
        Avx512F.Shuffle4x128(e0, f0, 0xDD).Store(m + 128);
        Avx512F.Shuffle4x128(o0, g0, 0xDD).Store(m + 192);
        var e1 = Avx512F.Shuffle4x128(q1, q5, 0x88);
        var o1 = Avx512F.Shuffle4x128(q1, q5, 0xDD);
        var f1 = Avx512F.Shuffle4x128(q9, q13, 0x88);
        var g1 = Avx512F.Shuffle4x128(q9, q13, 0xDD);
        Avx512F.Shuffle4x128(e1, f1, 0x88).Store(m + 16);
        Avx512F.Shuffle4x128(o1, g1, 0x88).Store(m + 80);
        Avx512F.Shuffle4x128(e1, f1, 0xDD).Store(m + 144);
        Avx512F.Shuffle4x128(o1, g1, 0xDD).Store(m + 208);
        var e2 = Avx512F.Shuffle4x128(q2, q6, 0x88);
        var o2 = Avx512F.Shuffle4x128(q2, q6, 0xDD);
        var f2 = Avx512F.Shuffle4x128(q10, q14, 0x88);
        var g2 = Avx512F.Shuffle4x128(q10, q14, 0xDD);
        Avx512F.Shuffle4x128(e2, f2, 0x88).Store(m + 32);
        Avx512F.Shuffle4x128(o2, g2, 0x88).Store(m + 96);
        Avx512F.Shuffle4x128(e2, f2, 0xDD).Store(m + 160);
        Avx512F.Shuffle4x128(o2, g2, 0xDD).Store(m + 224);
        var e3 = Avx512F.Shuffle4x128(q3, q7, 0x88);
        var o3 = Avx512F.Shuffle4x128(q3, q7, 0xDD);
        var f3 = Avx512F.Shuffle4x128(q11, q15, 0x88);
        var g3 = Avx512F.Shuffle4x128(q11, q15, 0xDD);
        Avx512F.Shuffle4x128(e3, f3, 0x88).Store(m + 48);
        Avx512F.Shuffle4x128(o3, g3, 0x88).Store(m + 112);
        Avx512F.Shuffle4x128(e3, f3, 0xDD).Store(m + 176);
        Avx512F.Shuffle4x128(o3, g3, 0xDD).Store(m + 240);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rotate16(Vector512<uint> x) => Avx512F.RotateRight(x, 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rotate12(Vector512<uint> x) => Avx512F.RotateRight(x, 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rotate8(Vector512<uint> x) => Avx512F.RotateRight(x, 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rotate7(Vector512<uint> x) => Avx512F.RotateRight(x, 7);

    // The vector of one message word, by its entry in the order table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Word(byte* message, byte entry) => *(Vector512<uint>*)(message + ((nuint)entry * 8));

    // Four words of all 16 chaining values to their places, 32 bytes apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, byte* output)
    {
        var p0 = Avx512F.UnpackLow(a, b).AsUInt64();
        var p1 = Avx512F.UnpackHigh(a, b).AsUInt64();
        var p2 = Avx512F.UnpackLow(c, d).AsUInt64();
        var p3 = Avx512F.UnpackHigh(c, d).AsUInt64();
        Store(Avx512F.UnpackLow(p0, p2), output);
        Store(Avx512F.UnpackHigh(p0, p2), output + 32);
        Store(Avx512F.UnpackLow(p1, p3), output + 64);
        Store(Avx512F.UnpackHigh(p1, p3), output + 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<ulong> fourLanes, byte* output)
    {
        Avx512F.ExtractVector128(fourLanes, 0).Store((ulong*)output);
        Avx512F.ExtractVector128(fourLanes, 1).Store((ulong*)(output + 128));
        Avx512F.ExtractVector128(fourLanes, 2).Store((ulong*)(output + 256));
        Avx512F.ExtractVector128(fourLanes, 3).Store((ulong*)(output + 384));
    }
}
