namespace ZeroK.Wire;

/// <summary>The id of a device: the fingerprint of its two static public keys (see docs/PROTOCOL.md, Identities). 32 bytes.</summary>
/// <remarks><see cref="ToString()"/> is redacted, so that an id reaches a log only where <see cref="ToHex"/> or the format <c>x</c> is written out. For keys, columns and ties use <see cref="ToHex"/>, or compare the ids themselves.</remarks>
public readonly record struct DeviceId : IComparable<DeviceId>, IFormattable
{
    /// <summary>Bytes in an id.</summary>
    public const int Size = Bytes32.Size;

    private readonly Bytes32 _value;

    /// <summary>Reads an id from exactly <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public DeviceId(ReadOnlySpan<byte> bytes) => _value = new Bytes32(bytes);

    /// <summary>Reads an id from the 64 hexadecimal digits that <see cref="Reveal"/> writes.</summary>
    public static DeviceId Parse(string hex) => new(Convert.FromHexString(hex));

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public void CopyTo(Span<byte> destination) => _value.CopyTo(destination);

    /// <summary>The bytes, in a fresh array.</summary>
    public byte[] ToArray() => _value.ToArray();

    /// <summary>The value for programs: 64 lower-case hexadecimal digits, in the order of <see cref="CompareTo"/>. Not for logs.</summary>
    public string ToHex() => Convert.ToHexStringLower(ToArray());

    /// <summary>The same as <see cref="ToHex"/>, where it is shown to a person.</summary>
    public string Reveal() => ToHex();

    /// <summary>Orders by bytes.</summary>
    public int CompareTo(DeviceId other) => _value.CompareTo(other._value);

    /// <summary>A constant: ids are not logged.</summary>
    public override string ToString() => "[device]";

    /// <summary>The format <c>x</c> gives <see cref="ToHex"/>, none the same constant as <see cref="ToString()"/>.</summary>
    /// <exception cref="FormatException">Another format.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider) => format switch
    {
        null or "" or "G" => ToString(),
        "x" => ToHex(),
        _ => throw new FormatException("A device id has the format x, or none."),
    };

    /// <summary>Orders by bytes.</summary>
    public static bool operator <(DeviceId left, DeviceId right) => left.CompareTo(right) < 0;

    /// <summary>Orders by bytes.</summary>
    public static bool operator >(DeviceId left, DeviceId right) => left.CompareTo(right) > 0;

    /// <summary>Orders by bytes.</summary>
    public static bool operator <=(DeviceId left, DeviceId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by bytes.</summary>
    public static bool operator >=(DeviceId left, DeviceId right) => left.CompareTo(right) >= 0;
}
