using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ZeroK.Client.Content;

/// <summary>What a record is about.</summary>
internal enum TransferKind : byte
{
    /// <summary>Sealed here, not all sent.</summary>
    Put = 1,
    /// <summary>Not all fetched.</summary>
    Get = 2,
    /// <summary>A collection of which not all members were fetched.</summary>
    Collection = 3,
}

/// <summary>A transfer that is not finished.</summary>
/// <remarks>Bytes: version (u8, 1), kind (u8), outbox sequence (u64), reference length (u16), reference, number of objects (u32), for each its length (u16) and its reference's body. Integers big-endian.</remarks>
internal sealed record TransferRecord
{
    private const byte Version = 1;

    /// <summary>Objects of one transfer: members, their previews, a manifest.</summary>
    public const int ObjectsMax = (2 * Manifest.MembersMax) + 2;

    public required TransferKind Kind { get; init; }

    /// <summary>What it is about.</summary>
    public required ContentReference Reference { get; init; }

    /// <summary>Of a put: what is still to be sent. Of a collection: the members that have come.</summary>
    public IReadOnlyList<ContentReference> Objects { get; init; } = [];

    /// <summary>Of a put whose objects are all sent: the device's last sequence before the reference was pushed, plus one. 0 before.</summary>
    public ulong PushedAfter { get; init; }

    public ContentId Id => Reference.Id;

    public byte[] ToBytes()
    {
        var reference = Reference.ToBytes();
        var bytes = new byte[1 + 1 + 8 + 2 + reference.Length + 4 + Objects.Sum(o => 2 + ContentReference.BodySize(o))];
        (bytes[0], bytes[1]) = (Version, (byte)Kind);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(2), PushedAfter);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), (ushort)reference.Length);
        reference.CopyTo(bytes, 12);
        var to = bytes.AsSpan(12 + reference.Length);
        BinaryPrimitives.WriteUInt32BigEndian(to, (uint)Objects.Count);
        to = to[4..];
        foreach (var item in Objects)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)ContentReference.BodySize(item));
            to = item.WriteBody(to[2..]);
        }

        return bytes;
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TransferRecord? record)
    {
        record = null;
        if (bytes.Length < 12 || bytes[0] != Version || bytes[1] is < (byte)TransferKind.Put or > (byte)TransferKind.Collection) return false;
        var (kind, pushedAfter) = ((TransferKind)bytes[1], BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]));
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]);
        if (bytes.Length < 12 + length + 4 || !ContentReference.TryRead(bytes.Slice(12, length), out var reference)) return false;
        var from = bytes[(12 + length)..];
        var count = BinaryPrimitives.ReadUInt32BigEndian(from);
        from = from[4..];
        if (count > ObjectsMax || count > from.Length / 2) return false;
        var objects = new List<ContentReference>((int)count);
        for (var i = 0; i < count; i++)
        {
            if (from.Length < 2) return false;
            int size = BinaryPrimitives.ReadUInt16BigEndian(from);
            if (from.Length < 2 + size || !ContentReference.TryReadBody(from.Slice(2, size), mayHavePreview: true, out var item, out var left) || !left.IsEmpty) return false;
            objects.Add(item);
            from = from[(2 + size)..];
        }

        if (!from.IsEmpty) return false;
        record = new TransferRecord { Kind = kind, Reference = reference, Objects = objects, PushedAfter = pushedAfter };
        return true;
    }
}
