using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Storage.Content;

/// <summary>Which pieces follow, and whether their bytes belong to the object. Pure.</summary>
internal static class PieceRules
{
    private const int ParentBytesAhead = 4 * 1024;

    /// <summary>None: take it. <see cref="ErrorCode.OutOfOrder"/>: one before it is missing. <see cref="ErrorCode.InvalidMessage"/>: no run of whole chunk groups, or one that is too long.</summary>
    public static ErrorCode Check(ContentTree tree, long held, long offset, long count)
    {
        if (count > WireLimits.ContentPieceBytesMax || offset < 0 || offset % tree.GroupSize != 0 || offset > tree.Length || count > tree.Length - offset) return ErrorCode.InvalidMessage;
        var reachesEnd = offset + count == tree.Length;
        if ((count == 0 && tree.Length > 0) || (count % tree.GroupSize != 0 && !reachesEnd)) return ErrorCode.InvalidMessage;
        return offset > held ? ErrorCode.OutOfOrder : ErrorCode.None;
    }

    /// <summary>The run, if every byte of the encoding is vouched for by the object's address; otherwise null. Its bytes may be given back to <see cref="LargeBuffers"/>.</summary>
    public static VerifiedRun? Verify(ContentHash hash, ContentTree tree, long offset, int count, ReadOnlySpan<byte> encoding)
    {
        var decoder = new RangeDecoder(hash, tree, tree.RangeOf(offset, count));
        var bytes = LargeBuffers.RentExactly(count);
        var parents = new List<(long, ReadOnlyMemory<byte>)>();
        while (true)
        {
            var result = decoder.Read(encoding, out var consumed, out var part);
            encoding = encoding[consumed..];
            switch (result)
            {
                case DecodeResult.Content:
                    part.Bytes.CopyTo(bytes.Span[(int)(part.Offset - offset)..]);
                    break;
                case DecodeResult.Parent:
                    if (part.Offset >= 0) parents.Add((part.Offset, part.Bytes.ToArray()));
                    break;
                case DecodeResult.Done when encoding.IsEmpty:
                    return new VerifiedRun(offset, bytes, parents);
                default:
                    return null;
            }
        }
    }

    /// <summary>The chunk groups around the bytes that a reader asks for; null if they don't lie in the object, or are too many.</summary>
    public static ChunkRange? RangeOf(ContentTree tree, ulong offset, uint count)
    {
        if (count > WireLimits.ContentPieceBytesMax || offset > (ulong)tree.Length || count > (ulong)tree.Length - offset || (count == 0 && tree.Length > 0)) return null;
        var first = (long)offset / tree.GroupSize * tree.GroupSize;
        var last = Math.Min(tree.Length, ((long)offset + count + tree.GroupSize - 1) / tree.GroupSize * tree.GroupSize);
        return tree.RangeOf(first, last - first);
    }

    /// <summary>Encodes a range of a stored object, verifying it; null as soon as what is stored is not the object. The result may be given back to <see cref="LargeBuffers"/>.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> EncodeAsync(IContentStore store, ContentKey key, ContentTree tree, ChunkRange range, CancellationToken cancellationToken)
    {
        var encoder = new RangeEncoder(key.Hash, tree, range);
        var output = new LargeWriter((int)tree.EncodedSizeOf(range));
        using var content = new ReadAhead(store, key, TreeSource.Content, WireLimits.ContentPieceBytesMax);
        using var parents = new ReadAhead(store, key, TreeSource.Outboard, ParentBytesAhead);

        // An empty object has one empty group to be vouched for.
        while (!encoder.IsDone)
        {
            var next = encoder.Next;
            var stored = next.Length == 0 ? default : await (next.Source == TreeSource.Content ? content : parents).ReadAsync(next, encoder.Ahead, cancellationToken).ConfigureAwait(false);
            if (stored.Length == next.Length && encoder.Supply(stored.Span, output)) continue;
            LargeBuffers.Return(output.Written);
            return null;
        }

        return output.Written;
    }
}
