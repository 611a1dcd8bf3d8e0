using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroK.Client;

/// <summary>The id of a content object: 32 random bytes, drawn anew each time that something is sealed. Its key is derived from it, so it is never used twice.</summary>
/// <remarks><see cref="ToString"/> is redacted.</remarks>
public readonly record struct ContentId
{
    /// <summary>Bytes in an id.</summary>
    public const int Size = 32;

    private readonly UInt128 _high, _low;

    /// <summary>Reads an id from exactly <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public ContentId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException($"A content id has {Size} bytes; these are {bytes.Length}.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    /// <summary>A fresh random id.</summary>
    public static ContentId New()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return new ContentId(bytes);
    }

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>64 lower-case hexadecimal digits. Not for logs.</summary>
    public string Reveal()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>A constant: ids are not logged.</summary>
    public override string ToString() => "[content]";
}
