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

    // Table 2, applied 0 to 6 times: which message word each addition of a round takes; word 2i and word 2i + 1 belong to G number i.
    // Stored times 8: so a kernel of 16, 8 or 4 lanes finds a word's vector at 8, 4 or 2 times the entry, which an address holds without a shift.
    private static ReadOnlySpan<byte> OrderTable =>
    [
        0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120,
        16, 48, 24, 80, 56, 0, 32, 104, 8, 88, 96, 40, 72, 112, 120, 64,
        24, 32, 80, 96, 104, 16, 56, 112, 48, 40, 72, 0, 88, 120, 64, 8,
        80, 56, 96, 72, 112, 24, 104, 120, 32, 0, 88, 16, 40, 64, 8, 48,
        96, 104, 72, 88, 120, 80, 112, 64, 56, 16, 40, 24, 0, 8, 48, 32,
        72, 112, 88, 40, 64, 96, 120, 8, 104, 24, 0, 80, 16, 48, 32, 56,
        88, 120, 40, 0, 8, 72, 64, 48, 112, 80, 16, 96, 24, 32, 56, 104,
    ];

    // Constant data lies in the assembly's image: it never moves, so the pointer stays good.
    internal static byte* Order => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(OrderTable));
}
