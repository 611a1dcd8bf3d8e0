using ZeroK.Client.Envelopes;
using ZeroK.Content;

namespace ZeroK.Client.Content;

/// <summary>Where the bytes of a content object lie once it is sealed: all of it follows from its length.</summary>
/// <remarks>
/// The content, padded with zeros to its PADMÉ length, is cut into segments of 65,520 bytes; each is sealed to 65,536 bytes (its text, then the tag),
/// four whole chunk groups of the tree, so that a range of segments is a range of groups. The last segment is as long as it needs to be; an empty object has one, empty.
/// </remarks>
internal readonly record struct SealedLayout
{
    /// <summary>Bytes of a sealed segment but the last.</summary>
    public const int SegmentSize = 64 * 1024;

    public const int TagSize = 16;

    /// <summary>Bytes of text in a segment but the last.</summary>
    public const int TextSize = SegmentSize - TagSize;

    /// <summary>The longest content, bytes: 16 TiB.</summary>
    public const long LengthMax = 1L << 44;

    /// <param name="length">Bytes of the content; 0 to <see cref="LengthMax"/>.</param>
    public SealedLayout(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LengthMax);
        Length = length;
        PaddedLength = Padme.PaddedLength(length);
        SegmentCount = Math.Max(1, (PaddedLength + TextSize - 1) / TextSize);
    }

    /// <summary>Bytes of the content.</summary>
    public long Length { get; }

    /// <summary>Bytes of the content with its padding.</summary>
    public long PaddedLength { get; }

    /// <summary>Segments; at least one.</summary>
    public long SegmentCount { get; }

    /// <summary>Bytes of the sealed object.</summary>
    public long SealedLength => PaddedLength + (SegmentCount * TagSize);

    /// <summary>The tree over the sealed object.</summary>
    public ContentTree Tree => new(SealedLength);

    /// <summary>Bytes of text in a segment.</summary>
    public int TextSizeOf(long segment) => (int)Math.Min(TextSize, PaddedLength - (segment * TextSize));

    /// <summary>The segments that hold a range of the content; the last one if it is empty or past the end. A range up to the content's end takes the padding with it: so the mark of the last segment is always seen.</summary>
    /// <returns>The first, and the one after the last.</returns>
    public (long First, long End) SegmentsOf(long offset, long length)
    {
        if (length <= 0 || offset >= Length) return (SegmentCount - 1, SegmentCount);
        var last = Math.Min(Length, offset + length) - 1;
        return (offset / TextSize, last == Length - 1 ? SegmentCount : (last / TextSize) + 1);
    }

    /// <summary>Where a run of segments lies in the sealed object.</summary>
    public (long Offset, long Length) BytesOf(long first, long end)
    {
        var start = first * SegmentSize;
        return (start, Math.Min(end * SegmentSize, SealedLength) - start);
    }
}
