using System.Buffers.Binary;

namespace ZeroK.Wire;

/// <summary>32 bytes by value: what the 32-byte ids are made of.</summary>
internal readonly record struct Bytes32
{
    internal const int Size = 32;

    private readonly ulong _a, _b, _c, _d;

    internal Bytes32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"An id has {Size} bytes; these are {bytes.Length}.", nameof(bytes));
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    internal void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    internal byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    internal int CompareTo(Bytes32 other)
    {
        var order = _a.CompareTo(other._a);
        if (order == 0) order = _b.CompareTo(other._b);
        if (order == 0) order = _c.CompareTo(other._c);
        return order == 0 ? _d.CompareTo(other._d) : order;
    }
}
