using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace ZeroK.Client.Envelopes;

/// <summary>HChaCha20 (draft-irtf-cfrg-xchacha-03, 2.2): a subkey from a key and the first 16 bytes of an XChaCha20 nonce.</summary>
internal static class HChaCha20
{
    public const int NonceSize = 16;

    /// <summary>Derives the 32 bytes of the subkey.</summary>
    public static void Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> subkey)
    {
        // A row of the 4x4 state is a vector; the diagonal round is the column round on rows turned by one, two and three words.
        Span<uint> words = stackalloc uint[12];
        try
        {
            for (var i = 0; i < 8; i++) words[i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
            for (var i = 0; i < 4; i++) words[8 + i] = BinaryPrimitives.ReadUInt32LittleEndian(nonce[(4 * i)..]);
            var a = Vector128.Create(0x61707865u, 0x3320646e, 0x79622d32, 0x6b206574);
            var b = Vector128.Create<uint>(words);
            var c = Vector128.Create<uint>(words[4..]);
            var d = Vector128.Create<uint>(words[8..]);
            for (var round = 0; round < 10; round++)
            {
                QuarterRounds(ref a, ref b, ref c, ref d);
                b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
                c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
                d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
                QuarterRounds(ref a, ref b, ref c, ref d);
                b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
                c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
                d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
            }

            a.CopyTo(words);
            d.CopyTo(words[4..]);
            for (var i = 0; i < 8; i++) BinaryPrimitives.WriteUInt32LittleEndian(subkey[(4 * i)..], words[i]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(words));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d)
    {
        a += b;
        d = Rotate(d ^ a, 16);
        c += d;
        b = Rotate(b ^ c, 12);
        a += b;
        d = Rotate(d ^ a, 8);
        c += d;
        b = Rotate(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate(Vector128<uint> x, int bits) => (x << bits) | (x >>> (32 - bits));
}
