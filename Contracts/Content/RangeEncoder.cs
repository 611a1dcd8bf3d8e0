using System.Buffers;
using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>Where to read what an encoder needs next.</summary>
public enum TreeSource
{
    /// <summary>Nothing more: the encoding is complete.</summary>
    None = 0,
    /// <summary>From the outboard.</summary>
    Outboard,
    /// <summary>From the object.</summary>
    Content,
}

/// <summary>A read that an encoder asks for: <see cref="Length"/> bytes at <see cref="Offset"/>.</summary>
public readonly record struct TreeRead(TreeSource Source, long Offset, int Length);

/// <summary>Makes the encoding of a range out of a stored object and its outboard, and verifies both on the way: a store that went bad is noticed before its bytes leave.</summary>
/// <remarks>
/// No I/O: read what <see cref="Next"/> asks for, hand it to <see cref="Supply"/>, until <see cref="Next"/> asks for nothing.
/// With no output it only verifies: so <see cref="VerifiedThrough"/> finds how much of an interrupted download is good.
/// </remarks>
public sealed class RangeEncoder
{
    private readonly ContentTree _tree;
    private readonly ChunkRange _range;
    private readonly PendingNodes _pending;
    private bool _refused;

    /// <summary>Begins to encode.</summary>
    /// <param name="root">The object's hash.</param>
    /// <param name="tree">Its length and chunk groups.</param>
    /// <param name="range">The chunks; clipped to the object (<see cref="ContentTree.Clip"/>).</param>
    public RangeEncoder(ContentHash root, ContentTree tree, ChunkRange range)
    {
        _tree = tree;
        _range = tree.Clip(range);
        _pending = new PendingNodes(root, tree, _range);
        VerifiedThrough = (_range.Start >> tree.ChunkGroupLog) * tree.GroupSize;
    }

    /// <summary>What to read next: a parent (64 bytes) or a whole group.</summary>
    public TreeRead Next
    {
        get
        {
            if (_refused || !_pending.TryPeek(out var node)) return default;
            return _tree.IsGroup(node)
                ? new TreeRead(TreeSource.Content, ContentTree.OffsetOf(node), (int)_tree.BytesOf(node))
                : new TreeRead(TreeSource.Outboard, node.Index * ContentTree.ParentSize, ContentTree.ParentSize);
        }
    }

    /// <summary>Bytes from where <see cref="Next"/> begins, in the same source, that will all be asked for: at least its own. A store may read them at once.</summary>
    public long Ahead
    {
        get
        {
            if (_refused || !_pending.TryPeek(out var node)) return 0;
            if (!_tree.IsGroup(node)) return ParentsFrom(node) * ContentTree.ParentSize;
            var groupsEnd = (_range.End + _tree.GroupChunks - 1) >> _tree.ChunkGroupLog;
            return Math.Min(_tree.Length, groupsEnd * _tree.GroupSize) - ContentTree.OffsetOf(node);
        }
    }

    /// <summary>The stored object is good from the start of the range's first group up to here.</summary>
    public long VerifiedThrough { get; private set; }

    /// <summary>Whether the range has been encoded as a whole.</summary>
    public bool IsDone => !_refused && !_pending.TryPeek(out _);

    /// <summary>Takes what <see cref="Next"/> asked for, and appends to the encoding.</summary>
    /// <param name="stored">Exactly the bytes asked for.</param>
    /// <param name="output">Where the encoding goes; null to verify only.</param>
    /// <returns>False if the stored bytes are not those of the object. Final; nothing of them was written.</returns>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    /// <exception cref="InvalidOperationException">Nothing was asked for.</exception>
    public bool Supply(ReadOnlySpan<byte> stored, IBufferWriter<byte>? output)
    {
        if (_refused) return false;
        if (!_pending.TryPeek(out var node)) throw new InvalidOperationException("The encoding is complete: nothing was asked for.");
        if (stored.Length != Next.Length) throw new ArgumentException($"{Next.Length} bytes were asked for; these are {stored.Length}.", nameof(stored));

        var isGroup = _tree.IsGroup(node);
        if (!(isGroup ? _pending.TryTakeLeaf(stored) : _pending.TryTakeParent(stored)))
        {
            _refused = true;
            return false;
        }

        if (isGroup) VerifiedThrough = ContentTree.OffsetOf(node) + stored.Length;
        if (output is null) return true;
        if (isGroup && !_range.Contains(node)) WritePartOfGroup(node, stored, output);
        else output.Write(stored);
        return true;
    }

    // Parents that follow each other in the outboard, from one on, as far as the range touches them.
    private long ParentsFrom(TreeNode node)
    {
        if (_range.Contains(node)) return ((node.Count + _tree.GroupChunks - 1) >> _tree.ChunkGroupLog) - 1;
        var (left, right) = (node.Left, node.Right(_tree.ChunkGroupLog));
        if (!_range.Touches(left)) return 1;
        var count = 1 + (_tree.IsGroup(left) ? 0 : ParentsFrom(left));

        // After a left side that the range has only a part of, the outboard goes on with what is not asked for.
        if (!_tree.IsGroup(left) && !_range.Contains(left)) return count;
        return count + (_range.Touches(right) && !_tree.IsGroup(right) ? ParentsFrom(right) : 0);
    }

    // A group that the range touches in part: the parents inside it are not stored, but follow from its bytes.
    private void WritePartOfGroup(TreeNode group, ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        Span<byte> values = stackalloc byte[(int)group.Count * Blake3Spec.HashSize];
        NodeHash.Chunks(bytes, group.Start, values);
        WriteNode(group, group.Start, bytes, values, output);
    }

    private void WriteNode(TreeNode node, long groupStart, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> values, IBufferWriter<byte> output)
    {
        if (!_range.Touches(node)) return;
        if (_tree.IsLeafOf(node, _range))
        {
            output.Write(bytes.Slice((int)(node.Start - groupStart) * Blake3Spec.ChunkSize, (int)_tree.BytesOf(node)));
            return;
        }

        Span<byte> pair = stackalloc byte[ContentTree.ParentSize];
        var (left, right) = (node.Left, node.Right(_tree.ChunkGroupLog));
        ChainingValue(left, groupStart, values, pair[..Blake3Spec.HashSize]);
        ChainingValue(right, groupStart, values, pair[Blake3Spec.HashSize..]);
        output.Write(pair);
        WriteNode(left, groupStart, bytes, values, output);
        WriteNode(right, groupStart, bytes, values, output);
    }

    private static void ChainingValue(TreeNode node, long groupStart, ReadOnlySpan<byte> values, Span<byte> value)
    {
        Span<byte> scratch = stackalloc byte[(int)node.Count * Blake3Spec.HashSize];
        values.Slice((int)(node.Start - groupStart) * Blake3Spec.HashSize, scratch.Length).CopyTo(scratch);
        NodeHash.Reduce(scratch, (int)node.Count, 1);
        scratch[..Blake3Spec.HashSize].CopyTo(value);
    }
}
