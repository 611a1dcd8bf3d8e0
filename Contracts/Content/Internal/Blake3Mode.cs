using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Content.Internal;

/// <summary>One of the three modes: its key words and its flag (BLAKE3 paper, section 2.3).</summary>
internal sealed class Blake3Mode
{
    internal static readonly Blake3Mode Hash = new(Blake3Spec.Iv.ToArray(), 0);

    private Blake3Mode(uint[] key, uint flags)
    {
        Key = key;
        Flags = flags;
    }

    /// <summary>8 words.</summary>
    internal uint[] Key { get; }

    internal uint Flags { get; }

    internal static Blake3Mode Keyed(ReadOnlySpan<byte> key)
    {
        if (key.Length != Blake3.KeySize)
            throw new ArgumentException($"A BLAKE3 key has {Blake3.KeySize} bytes; this one has {key.Length}.", nameof(key));
        return new Blake3Mode(Words(key), Blake3Spec.KeyedHash);
    }

    internal static Blake3Mode DeriveKey(string context, SimdPath path)
    {
        ArgumentException.ThrowIfNullOrEmpty(context);
        Span<byte> contextKey = stackalloc byte[Blake3.KeySize];
        using (var hasher = new Blake3Hasher(new Blake3Mode(Blake3Spec.Iv.ToArray(), Blake3Spec.DeriveKeyContext), path))
        {
            hasher.Update(Encoding.UTF8.GetBytes(context));
            hasher.Finish(contextKey);
        }

        return new Blake3Mode(Words(contextKey), Blake3Spec.DeriveKeyMaterial);
    }

    /// <summary>Forgets a secret key. The plain hash has none.</summary>
    internal void Wipe()
    {
        if (Flags != 0) CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Key.AsSpan()));
    }

    private static uint[] Words(ReadOnlySpan<byte> bytes)
    {
        var words = new uint[8];
        for (var word = 0; word < words.Length; word++)
            words[word] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * word)..]);
        return words;
    }
}
