using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>BLAKE3 of bytes in memory: hash, keyed hash and key derivation (BLAKE3 paper, section 2.3).</summary>
/// <remarks>
/// Any output length is allowed; the default is 32 bytes and a shorter output is a prefix of a longer one. 32 bytes give 128-bit security against collisions.
/// <c>degreeOfParallelism</c> is the most threads that one call uses, the caller's included: 1, the default, never leaves the caller's thread.
/// More pay from about 2 MiB of input. It never changes the result.
/// </remarks>
public static class Blake3
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashSize = Blake3Spec.HashSize;

    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of a chunk, the tree's leaf.</summary>
    public const int ChunkSize = Blake3Spec.ChunkSize;

    /// <summary>Hashes <paramref name="data"/> to 32 bytes.</summary>
    public static ContentHash Hash(ReadOnlySpan<byte> data, int degreeOfParallelism = 1)
    {
        Span<byte> hash = stackalloc byte[HashSize];
        Hash(data, hash, degreeOfParallelism);
        return new ContentHash(hash);
    }

    /// <summary>Hashes <paramref name="data"/> and fills <paramref name="output"/>.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> output, int degreeOfParallelism = 1)
        => HashCore(Blake3Mode.Hash, data, output, degreeOfParallelism, Kernels.Best);

    /// <summary>Hashes <paramref name="data"/> under a key of 32 bytes: a MAC or a PRF.</summary>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public static void KeyedHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> output, int degreeOfParallelism = 1)
    {
        var mode = Blake3Mode.Keyed(key);
        try
        {
            HashCore(mode, data, output, degreeOfParallelism, Kernels.Best);
        }
        finally
        {
            mode.Wipe();
        }
    }

    /// <summary>Derives a key of any length from key material.</summary>
    /// <param name="context">Says what the key is for: a constant of the program, globally unique, never user input; for example "app 2026-11-23 session tokens v1".</param>
    /// <param name="keyMaterial">Secret bytes with enough entropy (not a password).</param>
    /// <param name="output">Filled with the derived key.</param>
    /// <exception cref="ArgumentException">The context is empty.</exception>
    public static void DeriveKey(string context, ReadOnlySpan<byte> keyMaterial, Span<byte> output)
    {
        var mode = Blake3Mode.DeriveKey(context, Kernels.Best);
        try
        {
            HashCore(mode, keyMaterial, output, 1, Kernels.Best);
        }
        finally
        {
            mode.Wipe();
        }
    }

    internal static void HashCore(Blake3Mode mode, ReadOnlySpan<byte> data, Span<byte> output, int degreeOfParallelism, SimdPath path)
        => RootNode(mode, data, degreeOfParallelism, path).RootBytes(0, output);

    internal static unsafe OutputNode RootNode(Blake3Mode mode, ReadOnlySpan<byte> data, int degreeOfParallelism, SimdPath path)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        if (data.Length <= ChunkSize)
        {
            var chunk = new ChunkState(mode, 0);
            chunk.Update(data);
            return chunk.Node();
        }

        var pair = stackalloc byte[2 * HashSize];
        fixed (byte* bytes = data)
            Subtree.Halves(path, mode, bytes, data.Length, 0, pair, degreeOfParallelism);
        return OutputNode.Parent(mode, new ReadOnlySpan<byte>(pair, 2 * HashSize));
    }
}
