using System.Buffers.Binary;

namespace ZeroK.Content.Internal;

/// <summary>Inputs of equal length, one after another, to be compressed to chaining values: chunks (16 blocks each) or parents (1 block).</summary>
/// <remarks>
/// A kernel reads all inputs of its lanes before it writes their outputs, so outputs may overwrite inputs from the front
/// (a chaining value is half a parent block).
/// </remarks>
internal unsafe struct LaneJob
{
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

    /// <summary>Writes the chaining values out of 8 rows of words, each row one word of all lanes.</summary>
    internal readonly void StoreChainingValues(uint* rows, int lanes)
    {
        var output = (uint*)Output;
        for (var lane = 0; lane < lanes; lane++, output += 8)
        {
            for (var word = 0; word < 8; word++)
                output[word] = rows[(word * lanes) + lane];
        }
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
