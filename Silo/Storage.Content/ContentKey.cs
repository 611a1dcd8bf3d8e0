using System.Buffers.Binary;
using System.Security.Cryptography;
using ZeroK.Content;

namespace ZeroK.Storage.Content;

/// <summary>An object of a group. Two groups never share one: whether another group has an object can't be asked.</summary>
/// <param name="Group">The group's pseudonym.</param>
/// <param name="Hash">BLAKE3 of the ciphertext.</param>
/// <param name="Generation">Which time it was announced: one that was dropped and put again is another object to the store, so that a late deletion never meets it. The index says which; 0 where it doesn't matter.</param>
public readonly record struct ContentKey(Guid Group, ContentHash Hash, long Generation = 0)
{
    /// <summary>A generation that no object had before: 63 random bits.</summary>
    public static long NewGeneration()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes) & long.MaxValue;
    }

    /// <summary>Redacted: it could be logged.</summary>
    public override string ToString() => "ContentKey(redacted)";
}
