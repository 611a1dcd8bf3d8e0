using System.Buffers;
using System.Runtime.InteropServices;

namespace ZeroK.Wire;

/// <summary>Byte arrays above 16 KiB that are used again. The garbage collector looks at the largest seldom: made anew for each piece of a content, they pile up to tens of megabytes. (The runtime's shared pool keeps arrays of each size for every thread and core.)</summary>
/// <remarks>An array that is not given back is the collector's. Nothing is wiped: who held a secret in one wipes it first.</remarks>
public static class LargeBuffers
{
    /// <summary>Arrays up to this size, bytes, are the shared pool's.</summary>
    public const int SharedBytesMax = 16 * 1024;

    /// <summary>Bytes of arrays that wait to be used again, at most.</summary>
    public const int KeptBytesMax = 4 * 1024 * 1024;

    private static readonly KeptArrays Large = new(KeptBytesMax);

    /// <summary>An array of at least so many bytes; what is in it is of no meaning.</summary>
    public static byte[] Rent(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes <= SharedBytesMax) return ArrayPool<byte>.Shared.Rent(bytes);
        return Large.Take(bytes);
    }

    /// <summary>Gives an array of <see cref="Rent"/> back: nobody may use it from now on.</summary>
    /// <exception cref="InvalidOperationException">It was given back before.</exception>
    public static void Return(byte[] array)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Length <= SharedBytesMax)
        {
            ArrayPool<byte>.Shared.Return(array);
            return;
        }

        Large.Keep(array);
    }

    /// <summary>Memory of exactly so many bytes for <see cref="Return(ReadOnlyMemory{byte})"/>: of a rented array if it is large, of its own otherwise.</summary>
    public static Memory<byte> RentExactly(int bytes) => bytes > SharedBytesMax ? Rent(bytes).AsMemory(0, bytes) : new byte[bytes];

    /// <summary>Gives memory of <see cref="RentExactly"/> back, whole or a beginning of it. Other memory is left to the collector.</summary>
    public static void Return(ReadOnlyMemory<byte> memory)
    {
        if (MemoryMarshal.TryGetArray(memory, out var segment) && segment is { Offset: 0, Array: { Length: > SharedBytesMax } array } && array.Length % KeptArrays.StepBytes == 0) Return(array);
    }
}
