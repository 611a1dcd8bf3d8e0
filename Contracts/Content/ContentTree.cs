using System.Buffers.Binary;
using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>The shape of the BLAKE3 tree over an object: all of it follows from the object's length and the size of a chunk group.</summary>
/// <remarks>
/// As in Bao (github.com/oconnor663/bao, docs/spec.md), with parents inside a group of 2^n chunks left out (github.com/n0-computer/bao-tree).
/// Outboard: the parents above groups in pre-order, 64 bytes each (two chaining values), without a length in front.
/// Encoding: the same parents with the groups' bytes between them, in pre-order. Range encoding: only the nodes that a range touches;
/// a group that it touches in part is split down to chunks, each parent 64 bytes.
/// The length is a claim until the last chunk has been verified: see <see cref="RangeDecoder.IsLengthVerified"/>.
/// </remarks>
public readonly record struct ContentTree
{
    /// <summary>The longest object, in bytes: 2^56.</summary>
    public const long LengthMax = 1L << 56;

    /// <summary>The largest chunk group: 2^8 chunks, 256 KiB.</summary>
    public const int ChunkGroupLogMax = 8;

    /// <summary>The usual chunk group: 2^4 chunks, 16 KiB, as iroh-blobs has it.</summary>
    public const int DefaultChunkGroupLog = 4;

    /// <summary>Bytes of a parent: the chaining values of its left and right child.</summary>
    public const int ParentSize = 2 * Blake3Spec.HashSize;

    /// <summary>Bytes of the length that Bao's own formats put in front: little-endian.</summary>
    public const int LengthPrefixSize = 8;

    /// <summary>The tree of an object of <paramref name="length"/> bytes.</summary>
    /// <param name="length">0 to <see cref="LengthMax"/>.</param>
    /// <param name="chunkGroupLog">A chunk group has 2^this chunks of 1 KiB; 0 to <see cref="ChunkGroupLogMax"/>.</param>
    public ContentTree(long length, int chunkGroupLog = DefaultChunkGroupLog)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LengthMax);
        ArgumentOutOfRangeException.ThrowIfNegative(chunkGroupLog);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunkGroupLog, ChunkGroupLogMax);
        Length = length;
        ChunkGroupLog = chunkGroupLog;
    }

    /// <summary>Bytes of the object.</summary>
    public long Length { get; }

    /// <summary>A group has 2^this chunks.</summary>
    public int ChunkGroupLog { get; }

    /// <summary>Bytes of a group; the last may be shorter.</summary>
    public int GroupSize => Blake3Spec.ChunkSize << ChunkGroupLog;

    /// <summary>Chunks; an empty object has one, empty.</summary>
    public long ChunkCount => Subtree.ChunkCount(Length);

    /// <summary>Groups; an empty object has one, empty.</summary>
    public long GroupCount => (ChunkCount + GroupChunks - 1) >> ChunkGroupLog;

    /// <summary>Bytes of the outboard: 64 for each group but one.</summary>
    public long OutboardSize => (GroupCount - 1) * ParentSize;

    /// <summary>Bytes of the whole encoding, without a length in front.</summary>
    public long EncodedSize => Length + OutboardSize;

    /// <summary>All chunks.</summary>
    public ChunkRange All => new(0, ChunkCount);

    internal int GroupChunks => 1 << ChunkGroupLog;

    internal TreeNode Root => new(0, ChunkCount, 0);

    /// <summary>The chunks of <paramref name="length"/> bytes from <paramref name="offset"/> on, by Bao's rules for slices: no bytes count as one, and a range past the end is the last chunk (which proves the length).</summary>
    public ChunkRange RangeOf(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (offset >= Length) return new ChunkRange(ChunkCount - 1, ChunkCount);
        var end = offset + Math.Clamp(length, 1, Length - offset);
        return new ChunkRange(offset / Blake3Spec.ChunkSize, Subtree.ChunkCount(end));
    }

    /// <summary>From a group to the end: what to ask for after <paramref name="group"/> groups have been verified and kept.</summary>
    public ChunkRange FromGroup(long group)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(group);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(group, GroupCount);
        return new ChunkRange(group << ChunkGroupLog, ChunkCount);
    }

    /// <summary>The part of a range that lies in the object; the last chunk if none does, the first of the range if it is empty.</summary>
    public ChunkRange Clip(ChunkRange range)
    {
        if (range.Start >= ChunkCount) return new ChunkRange(ChunkCount - 1, ChunkCount);
        return new ChunkRange(range.Start, Math.Clamp(range.End, range.Start + 1, ChunkCount));
    }

    /// <summary>Bytes of the encoding of a range, without a length in front.</summary>
    public long EncodedSizeOf(ChunkRange range) => EncodedSizeOf(Root, Clip(range));

    /// <summary>Writes the length as Bao does, 8 bytes little-endian.</summary>
    public void WriteLengthPrefix(Span<byte> destination) => BinaryPrimitives.WriteInt64LittleEndian(destination, Length);

    /// <summary>Reads a length as Bao writes it: a claim, not yet verified. False if it is above <see cref="LengthMax"/> or bytes are missing.</summary>
    public static bool TryReadLengthPrefix(ReadOnlySpan<byte> prefix, int chunkGroupLog, out ContentTree tree)
    {
        tree = default;
        if (!BinaryPrimitives.TryReadUInt64LittleEndian(prefix, out var length) || length > LengthMax) return false;
        tree = new ContentTree((long)length, chunkGroupLog);
        return true;
    }

    internal bool IsRoot(in TreeNode node) => node.Count == ChunkCount;

    internal bool IsGroup(in TreeNode node) => node.Count <= GroupChunks;

    /// <summary>Whether a node goes into the encoding of a range as bytes, without parents.</summary>
    internal bool IsLeafOf(in TreeNode node, ChunkRange range) => node.Count == 1 || (IsGroup(node) && range.Contains(node));

    internal static long OffsetOf(in TreeNode node) => node.Start * Blake3Spec.ChunkSize;

    internal long BytesOf(in TreeNode node) => Math.Min(Length, node.End * Blake3Spec.ChunkSize) - OffsetOf(node);

    /// <summary>The pre-order number of the parent over some groups, which must be a node.</summary>
    internal long IndexOf(long startGroup, long groups)
    {
        long index = 0, start = 0, count = GroupCount;
        while (start != startGroup || count != groups)
        {
            var left = Subtree.LeftCount(count);
            if (startGroup < start + left)
            {
                index++;
                count = left;
            }
            else
            {
                index += left;
                start += left;
                count -= left;
            }
        }

        return index;
    }

    private long EncodedSizeOf(TreeNode node, ChunkRange range)
    {
        if (!range.Touches(node)) return 0;
        if (IsLeafOf(node, range)) return BytesOf(node);
        if (range.Contains(node)) return BytesOf(node) + ((((node.Count + GroupChunks - 1) >> ChunkGroupLog) - 1) * ParentSize);
        return ParentSize + EncodedSizeOf(node.Left, range) + EncodedSizeOf(node.Right(ChunkGroupLog), range);
    }
}
