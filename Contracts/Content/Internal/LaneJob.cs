using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ZeroK.Content.Internal;

/// <summary>Inputs of equal length, one after another, to be compressed to chaining values: chunks (16 blocks each) or parents (1 block).</summary>
/// <remarks>
/// A kernel reads all inputs of its lanes before it writes their outputs, so outputs may overwrite inputs from the front
/// (a chaining value is half a parent block).
/// </remarks>
internal unsafe struct LaneJob
{
    // As many as the widest kernel takes: far enough for memory to answer, near enough for the first-level cache.
    private const int PrefetchInputs = 16;

    /// <summary>The first input; the next begins <see cref="Stride"/> bytes later.</summary>
    internal byte* Input;

    internal nuint Stride;

    /// <summary>64-byte blocks an input.</summary>
    internal int Blocks;

    /// <summary>8 words.</summary>
    internal uint* Key;

    /// <summary>The first input's chunk counter; 0 for parents.</summary>
    internal ulong Counter;

    /// <summary>1 for chunks, 0 for parents.</summary>
    internal uint CounterStep;

    internal uint Flags;
    internal uint FlagsFirst;
    internal uint FlagsLast;

    /// <summary>32 bytes an input.</summary>
    internal byte* Output;

    internal readonly uint BlockFlags(int block)
    {
        var flags = Flags;
        if (block == 0) flags |= FlagsFirst;
        if (block == Blocks - 1) flags |= FlagsLast;
        return flags;
    }

    /// <summary>Writes the low words of all lanes' counters, then the high words.</summary>
    internal readonly void FillCounters(uint* counters, int lanes)
    {
        for (var lane = 0; lane < lanes; lane++)
        {
            var counter = Counter + ((ulong)lane * CounterStep);
            counters[lane] = (uint)counter;
            counters[lanes + lane] = (uint)(counter >> 32);
        }
    }

    /// <summary>Asks the processor for one block of each of the next inputs, while these are at work: lanes are 1 KiB apart, which its own prefetching misses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly void PrefetchAhead(int block, int lanes)
    {
        if (Blocks == 1 || !Sse.IsSupported) return;

        // Past the end of the data is harmless: a prefetch never faults.
        var next = Input + ((nuint)PrefetchInputs * Stride) + (block * Blake3Spec.BlockSize);
        for (var lane = 0; lane < lanes; lane++, next += Stride) Sse.Prefetch0(next);
    }

    /// <summary>Steps over inputs that are done.</summary>
    internal void Advance(int inputs)
    {
        Input += (nuint)inputs * Stride;
        Output += inputs * Blake3Spec.HashSize;
        Counter += (ulong)inputs * CounterStep;
    }

    internal static void StoreWords(uint* words, Span<byte> output)
    {
        for (var word = 0; word < output.Length / 4; word++)
            BinaryPrimitives.WriteUInt32LittleEndian(output[(4 * word)..], words[word]);
    }
}
