namespace ZeroK.Content.Internal;

/// <summary>Nodes still to come, each with the chaining value that its verified parent promised. Bounded by the tree's depth.</summary>
internal sealed class PendingNodes
{
    // One right sibling a level, and the node at hand.
    private const int Max = 50;

    private readonly TreeNode[] _nodes = new TreeNode[Max];
    private readonly byte[] _values = new byte[Max * Blake3Spec.HashSize];
    private readonly ContentTree _tree;
    private readonly ChunkRange _range;
    private int _count;

    internal PendingNodes(ContentHash root, ContentTree tree, ChunkRange range)
    {
        _tree = tree;
        _range = range;
        Span<byte> hash = stackalloc byte[Blake3Spec.HashSize];
        root.CopyTo(hash);
        Push(tree.Root, hash);
    }

    internal bool TryPeek(out TreeNode node)
    {
        node = _count == 0 ? default : _nodes[_count - 1];
        return _count != 0;
    }

    /// <summary>Checks the bytes of the node on top, which is then done. False, and nothing changes, if they are not the promised ones.</summary>
    internal bool TryTakeLeaf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> value = stackalloc byte[Blake3Spec.HashSize];
        var node = _nodes[_count - 1];
        NodeHash.Leaf(bytes, node.Start, _tree.IsRoot(node), value);
        if (!value.SequenceEqual(Promised)) return false;
        _count--;
        return true;
    }

    /// <summary>Checks the parent on top (64 bytes), and puts those of its children that the range touches in its place.</summary>
    internal bool TryTakeParent(ReadOnlySpan<byte> pair)
    {
        Span<byte> value = stackalloc byte[Blake3Spec.HashSize];
        var node = _nodes[_count - 1];
        NodeHash.Parent(pair, _tree.IsRoot(node), value);
        if (!value.SequenceEqual(Promised)) return false;
        _count--;
        Push(node.Right(_tree.ChunkGroupLog), pair[Blake3Spec.HashSize..]);
        Push(node.Left, pair[..Blake3Spec.HashSize]);
        return true;
    }

    private ReadOnlySpan<byte> Promised => _values.AsSpan((_count - 1) * Blake3Spec.HashSize, Blake3Spec.HashSize);

    private void Push(TreeNode node, ReadOnlySpan<byte> value)
    {
        if (!_range.Touches(node)) return;
        _nodes[_count] = node;
        value.CopyTo(_values.AsSpan(_count * Blake3Spec.HashSize));
        _count++;
    }
}
