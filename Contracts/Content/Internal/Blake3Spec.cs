using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZeroK.Content.Internal;

/// <summary>The constants of BLAKE3 (BLAKE3 paper, section 2).</summary>
internal static unsafe class Blake3Spec
{
    internal const int HashSize = 32;
    internal const int BlockSize = 64;
    internal const int ChunkSize = 1024;
    internal const int BlocksPerChunk = ChunkSize / BlockSize;
    internal const int Rounds = 7;

    // Table 1 of the paper: the initial value, which is SHA-256's.
    internal const uint Iv0 = 0x6A09E667;
    internal const uint Iv1 = 0xBB67AE85;
    internal const uint Iv2 = 0x3C6EF372;
    internal const uint Iv3 = 0xA54FF53A;

    // Table 3: domain separation.
    internal const uint ChunkStart = 1 << 0;
    internal const uint ChunkEnd = 1 << 1;
    internal const uint Parent = 1 << 2;
    internal const uint Root = 1 << 3;
    internal const uint KeyedHash = 1 << 4;
    internal const uint DeriveKeyContext = 1 << 5;
    internal const uint DeriveKeyMaterial = 1 << 6;

    internal static ReadOnlySpan<uint> Iv => [Iv0, Iv1, Iv2, Iv3, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19];

    // Table 2, applied 0 to 6 times: which message word each addition of a round takes.
    // The kernels take the two words of a G one after the other, so word 2i belongs to the first addition of G number i.
    private static ReadOnlySpan<byte> OrderTable =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
        3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
        10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
        12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
        9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
        11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
    ];

    // Constant data lies in the assembly's image: it never moves, so the pointer stays good.
    internal static byte* Order => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(OrderTable));
}
