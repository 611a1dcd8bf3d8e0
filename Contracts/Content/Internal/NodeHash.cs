namespace ZeroK.Content.Internal;

/// <summary>Chaining values of single nodes of a content tree (the plain hash), as root or not.</summary>
internal static unsafe class NodeHash
{
    /// <summary>A subtree's bytes to 32 bytes.</summary>
    internal static void Leaf(ReadOnlySpan<byte> bytes, long startChunk, bool isRoot, Span<byte> value)
    {
        if (isRoot)
        {
            Blake3.RootNode(Blake3Mode.Hash, bytes, 1, Kernels.Best).RootBytes(0, value);
            return;
        }

        fixed (byte* data = bytes)
        fixed (byte* output = value)
            Subtree.ChainingValue(Kernels.Best, Blake3Mode.Hash, data, bytes.Length, (ulong)startChunk, output);
    }

    /// <summary>Two chaining values (64 bytes) to one of 32 bytes.</summary>
    internal static void Parent(ReadOnlySpan<byte> pair, bool isRoot, Span<byte> value)
    {
        var node = OutputNode.Parent(Blake3Mode.Hash, pair);
        if (isRoot) node.RootBytes(0, value);
        else node.ChainingValue(value);
    }

    /// <summary>One chaining value a chunk; returns their number.</summary>
    internal static int Chunks(ReadOnlySpan<byte> bytes, long startChunk, Span<byte> values)
    {
        fixed (byte* data = bytes)
        fixed (byte* output = values)
            return Subtree.Chunks(Kernels.Best, Blake3Mode.Hash, data, bytes.Length, (ulong)startChunk, output);
    }

    /// <summary>Joins neighbours, in place, until <paramref name="target"/> chaining values are left.</summary>
    internal static void Reduce(Span<byte> values, int count, int target)
    {
        fixed (byte* data = values)
            Subtree.Reduce(Kernels.Best, Blake3Mode.Hash, data, count, target);
    }
}
