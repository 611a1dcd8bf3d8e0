namespace ZeroK.Wire;

/// <summary>Which blobs a client has: device → highest contiguous sequence. Equal vectors mean equal blob sets.</summary>
/// <remarks>Immutable by value. Its bytes are canonical: devices in byte order, 32 bytes of id and 8 bytes of sequence (big-endian) each.</remarks>
public sealed class VersionVector : IEquatable<VersionVector>
{
    private readonly SortedDictionary<DeviceId, ulong> _entries;

    /// <summary>A vector of these entries; a sequence of 0 says the same as no entry and is left out.</summary>
    public VersionVector(IEnumerable<KeyValuePair<DeviceId, ulong>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        _entries = [];
        foreach (var (device, sequence) in entries)
        {
            if (sequence != 0) _entries[device] = sequence;
        }
    }

    /// <summary>Device → highest contiguous sequence, in byte order.</summary>
    public IReadOnlyDictionary<DeviceId, ulong> Entries => _entries;

    /// <summary>The highest contiguous sequence of a device; 0 for none.</summary>
    public ulong this[DeviceId device] => _entries.GetValueOrDefault(device);

    /// <summary>The canonical bytes: 40 a device.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[_entries.Count * 40];
        var at = bytes.AsSpan();
        foreach (var (device, sequence) in _entries)
        {
            device.CopyTo(at);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(at[32..], sequence);
            at = at[40..];
        }

        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(VersionVector? other) => other is not null && _entries.SequenceEqual(other._entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VersionVector);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(ToArray());
        return hash.ToHashCode();
    }
}
