using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ZeroK.Content.Internal;

/// <summary>Compresses 4 inputs of equal length at once, one in each 32-bit lane of Vector128 (BLAKE3 paper, section 5.3).</summary>
/// <remarks>
/// Unsafe on purpose: pointers keep bounds checks out of the rounds. The caller guarantees 4 readable inputs and room for 4 chaining values.
/// The state stays in registers; the transposed message block (16 vectors) is read from the stack by the additions.
/// </remarks>
internal static unsafe class Kernel128
{
    internal const int Lanes = 4;

    internal static bool IsSupported => Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Compress(in LaneJob job)
    {
        // Aligned by hand, so that no message vector straddles two cache lines.
        byte* scratch = stackalloc byte[256 + 16];
        var message = (byte*)(((nuint)scratch + 15) & ~(nuint)15);

        var counters = stackalloc uint[2 * Lanes];
        job.FillCounters(counters, Lanes);
        var counterLow = Vector128.Load(counters);
        var counterHigh = Vector128.Load(counters + Lanes);

        var h0 = Vector128.Create(job.Key[0]);
        var h1 = Vector128.Create(job.Key[1]);
        var h2 = Vector128.Create(job.Key[2]);
        var h3 = Vector128.Create(job.Key[3]);
        var h4 = Vector128.Create(job.Key[4]);
        var h5 = Vector128.Create(job.Key[5]);
        var h6 = Vector128.Create(job.Key[6]);
        var h7 = Vector128.Create(job.Key[7]);

        for (var block = 0; block < job.Blocks; block++)
        {
            var input = job.Input + (block * Blake3Spec.BlockSize);
            Transpose(input, job.Stride, message);
            Transpose(input + 16, job.Stride, message + 64);
            Transpose(input + 32, job.Stride, message + 128);
            Transpose(input + 48, job.Stride, message + 192);

            var v0 = h0;
            var v1 = h1;
            var v2 = h2;
            var v3 = h3;
            var v4 = h4;
            var v5 = h5;
            var v6 = h6;
            var v7 = h7;
            var v8 = Vector128.Create(Blake3Spec.Iv0);
            var v9 = Vector128.Create(Blake3Spec.Iv1);
            var v10 = Vector128.Create(Blake3Spec.Iv2);
            var v11 = Vector128.Create(Blake3Spec.Iv3);
            var v12 = counterLow;
            var v13 = counterHigh;
            var v14 = Vector128.Create((uint)Blake3Spec.BlockSize);
            var v15 = Vector128.Create(job.BlockFlags(block));

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

    // Rows in: 4 words of one input's block. Rows out: one word of all 4 inputs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(byte* input, nuint stride, byte* message)
    {
        var r0 = Vector128.Load((uint*)input);
        var r1 = Vector128.Load((uint*)(input + stride));
        var r2 = Vector128.Load((uint*)(input + (2 * stride)));
        var r3 = Vector128.Load((uint*)(input + (3 * stride)));
        var p0 = InterleaveLow(r0, r2);
        var p1 = InterleaveHigh(r0, r2);
        var p2 = InterleaveLow(r1, r3);
        var p3 = InterleaveHigh(r1, r3);
        var m = (uint*)message;
        InterleaveLow(p0, p2).Store(m);
        InterleaveHigh(p0, p2).Store(m + 4);
        InterleaveLow(p1, p3).Store(m + 8);
        InterleaveHigh(p1, p3).Store(m + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> InterleaveLow(Vector128<uint> a, Vector128<uint> b)
    {
        if (Sse2.IsSupported) return Sse2.UnpackLow(a, b);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipLow(a, b);
        return Vector128.Create(a[0], b[0], a[1], b[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> InterleaveHigh(Vector128<uint> a, Vector128<uint> b)
    {
        if (Sse2.IsSupported) return Sse2.UnpackHigh(a, b);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipHigh(a, b);
        return Vector128.Create(a[2], b[2], a[3], b[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate16(Vector128<uint> x) => Vector128.Shuffle(x.AsByte(), Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate12(Vector128<uint> x) => (x >>> 12) | (x << 20);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate8(Vector128<uint> x) => Vector128.Shuffle(x.AsByte(), Vector128.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate7(Vector128<uint> x) => (x >>> 7) | (x << 25);

    // The vector of one message word, by its entry in the order table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Word(byte* message, byte entry) => *(Vector128<uint>*)(message + ((nuint)entry * 2));

    // Four words of all 4 chaining values to their places, 32 bytes apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d, byte* output)
    {
        var p0 = InterleaveLow(a, c);
        var p1 = InterleaveHigh(a, c);
        var p2 = InterleaveLow(b, d);
        var p3 = InterleaveHigh(b, d);
        InterleaveLow(p0, p2).Store((uint*)output);
        InterleaveHigh(p0, p2).Store((uint*)(output + 32));
        InterleaveLow(p1, p3).Store((uint*)(output + 64));
        InterleaveHigh(p1, p3).Store((uint*)(output + 96));
    }
}
