using System.Buffers.Binary;

namespace ZeroK.Storage.AzureBlob;

/// <summary>The names of blocks, and what a set of blocks amounts to. Pure.</summary>
/// <remarks>A block is named by where it begins and how long it is: two relays that take the same upload write the same bytes under the same name.</remarks>
internal static class StagedBlocks
{
    private const int IdBytes = 12;

    /// <summary>Names a block; all names have 16 characters, as Azure wants them of one length.</summary>
    public static string IdOf(long offset, int length)
    {
        Span<byte> id = stackalloc byte[IdBytes];
        BinaryPrimitives.WriteInt64BigEndian(id, offset);
        BinaryPrimitives.WriteInt32BigEndian(id[8..], length);
        return Convert.ToBase64String(id);
    }

    /// <summary>Reads a name; false for one that is not ours.</summary>
    public static bool TryParse(string id, out long offset, out int length)
    {
        (offset, length) = (0, 0);
        Span<byte> bytes = stackalloc byte[IdBytes];
        if (!Convert.TryFromBase64String(id, bytes, out var count) || count != IdBytes) return false;
        offset = BinaryPrimitives.ReadInt64BigEndian(bytes);
        length = BinaryPrimitives.ReadInt32BigEndian(bytes[8..]);
        return offset >= 0 && length > 0;
    }

    /// <summary>The blocks that follow one another from the start without a hole, as far as they go.</summary>
    /// <param name="blocks">Name and size in Azure; in any order, overlapping where an upload was repeated with other bounds.</param>
    /// <returns>Their names in order, and the bytes that they make up.</returns>
    public static (IReadOnlyList<string> Ids, long Bytes) Chain(IEnumerable<(string Id, long Size)> blocks)
    {
        // Where blocks reach from the start, and the block that gets there; a block that begins nowhere reached is of no use yet.
        var reached = new Dictionary<long, (long From, string? Id)> { [0] = (0, null) };
        long furthest = 0;
        foreach (var (id, offset, length) in Named(blocks).OrderBy(b => b.Offset))
        {
            if (!reached.ContainsKey(offset)) continue;
            reached.TryAdd(offset + length, (offset, id));
            furthest = Math.Max(furthest, offset + length);
        }

        var ids = new List<string>();
        for (var at = furthest; at > 0; at = reached[at].From) ids.Add(reached[at].Id!);
        ids.Reverse();
        return (ids, furthest);
    }

    private static IEnumerable<(string Id, long Offset, int Length)> Named(IEnumerable<(string Id, long Size)> blocks)
    {
        foreach (var (id, size) in blocks)
        {
            if (TryParse(id, out var offset, out var length) && length == size) yield return (id, offset, length);
        }
    }
}
