using ZeroK.Content;

namespace ZeroK.Storage.AzureBlob;

/// <summary>Where an object's groups and parents lie in its whole encoding: parents and groups in pre-order, as <see cref="ContentTree"/> says. Pure.</summary>
/// <remarks>An upload in order writes this encoding in order: so one block holds a run and the parents that begin with it, and no outboard is kept beside.</remarks>
internal readonly struct EncodedLayout(ContentTree tree)
{
    public ContentTree Tree => tree;

    /// <summary>Bytes of the whole encoding.</summary>
    public long Size => tree.EncodedSize;

    /// <summary>Where the parents in front of a group begin: right after the group before it. The encoding's end for the group after the last.</summary>
    public long SliceOf(long group)
    {
        if (group == 0) return 0;
        return group == tree.GroupCount ? Size : PositionOf(group - 1) + tree.GroupSize;
    }

    /// <summary>Where a group's bytes begin.</summary>
    public long PositionOf(long group)
    {
        long parents = 0, start = 0, count = tree.GroupCount;
        while (count > 1)
        {
            var left = LeftCount(count);
            if (group < start + left)
            {
                parents++;
                count = left;
            }
            else
            {
                // The node itself, and all parents of its left side.
                parents += left;
                start += left;
                count -= left;
            }
        }

        return (parents * ContentTree.ParentSize) + (group * tree.GroupSize);
    }

    /// <summary>Where a parent lies.</summary>
    /// <param name="outboardOffset">Where it lies in the outboard.</param>
    public long PositionOfParent(long outboardOffset)
    {
        var wanted = outboardOffset / ContentTree.ParentSize;
        long index = 0, start = 0, count = tree.GroupCount;
        while (index != wanted)
        {
            var left = LeftCount(count);
            if (wanted < index + left)
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

        return (wanted * ContentTree.ParentSize) + (start * tree.GroupSize);
    }

    /// <summary>Whole groups in so many bytes of the encoding, in bytes of the object.</summary>
    public long HeldIn(long encoded)
    {
        long low = 0, high = tree.GroupCount;
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (SliceOf(middle) <= encoded) low = middle;
            else high = middle - 1;
        }

        return Math.Min(low * tree.GroupSize, tree.Length);
    }

    // The left side of a node takes the largest power of two below its groups.
    private static long LeftCount(long count) => (long)(System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)count) / 2);
}
