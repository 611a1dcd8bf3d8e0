namespace ZeroK.Wire;

/// <summary>The id of a device: the fingerprint of its two static public keys (see docs/PROTOCOL.md, Identities). 32 bytes.</summary>
/// <remarks><see cref="ToString"/> is redacted, so that an id reaches a log only where <see cref="Reveal"/> is written out.</remarks>
public readonly record struct DeviceId : IComparable<DeviceId>
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

    /// <summary>64 lower-case hexadecimal digits. Not for logs.</summary>
    public string Reveal() => Convert.ToHexStringLower(ToArray());

    /// <summary>Orders by bytes.</summary>
    public int CompareTo(DeviceId other) => _value.CompareTo(other._value);

    /// <summary>A constant: ids are not logged.</summary>
    public override string ToString() => "[device]";
}
