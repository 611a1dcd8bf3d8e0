using System.Runtime.CompilerServices;

namespace ZeroK.Content;

/// <summary>The BLAKE3 hash of an object's bytes, which is its address: 32 bytes by value.</summary>
public readonly struct ContentHash : IEquatable<ContentHash>
{
    private readonly Bytes _bytes;

    /// <summary>Copies 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are not 32.</exception>
    public ContentHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A content hash has {Size} bytes; these are {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <summary>Bytes of a hash.</summary>
    public const int Size = Blake3.HashSize;

    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out ContentHash hash)
    {
        hash = default;
        if (hex.Length != 2 * Size) return false;
        Span<byte> bytes = stackalloc byte[Size];
        if (Convert.FromHexString(hex, bytes, out _, out _) != System.Buffers.OperationStatus.Done) return false;
        hash = new ContentHash(bytes);
        return true;
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_bytes).CopyTo(destination);

    /// <summary>The 32 bytes, as a fresh array.</summary>
    public byte[] ToArray() => ((ReadOnlySpan<byte>)_bytes).ToArray();

    /// <summary>64 lower-case hexadecimal digits, as b3sum prints them. Not for logs.</summary>
    public string ToHex() => Convert.ToHexStringLower(_bytes);

    /// <summary>Redacted, so that an address never slips into a log; use <see cref="ToHex"/>.</summary>
    public override string ToString() => "ContentHash(redacted)";

    /// <inheritdoc/>
    public bool Equals(ContentHash other) => ((ReadOnlySpan<byte>)_bytes).SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ContentHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_bytes);

    /// <summary>Same bytes.</summary>
    public static bool operator ==(ContentHash left, ContentHash right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(ContentHash left, ContentHash right) => !left.Equals(right);

    [InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }
}
