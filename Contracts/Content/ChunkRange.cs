using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>A run of 1 KiB chunks, from <see cref="Start"/> up to but not including <see cref="End"/>.</summary>
public readonly record struct ChunkRange
{
    /// <summary>Makes a range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Start is negative or above end.</exception>
    public ChunkRange(long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        Start = start;
        End = end;
    }

    /// <summary>The first chunk.</summary>
    public long Start { get; }

    /// <summary>The chunk after the last.</summary>
    public long End { get; }

    internal bool Contains(in TreeNode node) => Start <= node.Start && node.End <= End;

    internal bool Touches(in TreeNode node) => Start < node.End && node.Start < End;
}
