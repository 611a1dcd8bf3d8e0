namespace ZeroK.Content.Internal;

/// <summary>A node of the tree, by the chunks below it. Root or not, inside a group or above: all follows from these.</summary>
internal readonly record struct TreeNode(long Start, long Count, long Index)
{
    /// <summary>The chunk after the node's last.</summary>
    internal long End => Start + Count;

    /// <summary>The left child; <see cref="Index"/> numbers the parents above groups in pre-order and means nothing inside a group.</summary>
    internal TreeNode Left => new(Start, Subtree.LeftCount(Count), Index + 1);

    /// <summary>The right child.</summary>
    internal TreeNode Right(int chunkGroupLog)
    {
        // The left subtree of n groups has n - 1 parents, and this node is one more.
        var left = Subtree.LeftCount(Count);
        return new TreeNode(Start + left, Count - left, Index + (left >> chunkGroupLog));
    }
}
