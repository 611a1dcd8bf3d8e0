using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroK.Wire;

/// <summary>The id of a blob: 16 random bytes chosen by the sender; a push is idempotent by it.</summary>
/// <remarks><see cref="ToString"/> is redacted.</remarks>
public readonly record struct BlobId
{
    /// <summary>Bytes in an id.</summary>
    public const int Size = 16;

    private readonly UInt128 _value;

    /// <summary>Reads an id from exactly <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public BlobId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A blob id has {Size} bytes; these are {bytes.Length}.", nameof(bytes));
        _value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>A fresh random id.</summary>
    public static BlobId New() => new(RandomNumberGenerator.GetBytes(Size));

    /// <summary>Reads an id from the 32 hexadecimal digits that <see cref="Reveal"/> writes.</summary>
    public static BlobId Parse(string hex) => new(Convert.FromHexString(hex));

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    /// <summary>The bytes, in a fresh array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>32 lower-case hexadecimal digits. Not for logs.</summary>
    public string Reveal() => Convert.ToHexStringLower(ToArray());

    /// <summary>A constant: ids are not logged.</summary>
    public override string ToString() => "[blob]";
}
