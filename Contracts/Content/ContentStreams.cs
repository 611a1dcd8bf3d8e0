using System.Buffers;

namespace ZeroK.Content;

/// <summary>The tree's work on streams, with bounded memory whatever the length. Streams are left open.</summary>
public static class ContentStreams
{
    private const int BufferSize = 1 << 20;

    /// <summary>Reads an object to its end and writes its outboard.</summary>
    /// <param name="content">Read from where it stands; must have exactly the tree's length left.</param>
    /// <param name="tree">The object's length and chunk groups.</param>
    /// <param name="outboard">Seekable; written from 0 on. Null if only the hash is wanted.</param>
    /// <param name="degreeOfParallelism">The most threads that hash at a time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ContentException">The length is another one.</exception>
    public static async Task<ContentHash> BuildOutboardAsync(Stream content, ContentTree tree, Stream? outboard, int degreeOfParallelism = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        OutboardWriter? write = outboard is null ? null : (offset, parents) =>
        {
            outboard.Position = offset;
            outboard.Write(parents);
        };
        var builder = new OutboardBuilder(tree, write);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(tree.Length, 1, (long)BufferSize * degreeOfParallelism));
        try
        {
            int count;
            while ((count = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0)
                builder.Update(buffer.AsSpan(0, count), degreeOfParallelism);
            return builder.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes the encoding of a range, verifying what is stored before it leaves.</summary>
    /// <param name="root">The object's hash.</param>
    /// <param name="tree">Its length and chunk groups.</param>
    /// <param name="range">The chunks; <see cref="ContentTree.All"/> for the whole.</param>
    /// <param name="content">Seekable: the stored object.</param>
    /// <param name="outboard">Seekable: its outboard.</param>
    /// <param name="destination">Takes the encoding.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ContentException">What is stored is not the object. Nothing of the bad part was written.</exception>
    public static async Task EncodeAsync(ContentHash root, ContentTree tree, ChunkRange range, Stream content, Stream outboard, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var encoder = new RangeEncoder(root, tree, range);
        var output = new ArrayBufferWriter<byte>(2 * tree.GroupSize);
        if (!await SupplyAllAsync(encoder, tree, content, outboard, output, destination, cancellationToken).ConfigureAwait(false))
            throw new ContentException($"The stored object is damaged after byte {encoder.VerifiedThrough}: fetch it again from there.");
    }

    /// <summary>How many groups of a partly received object are good, from its start on; for resuming when nothing else was kept.</summary>
    /// <param name="root">The object's hash.</param>
    /// <param name="tree">Its length and chunk groups.</param>
    /// <param name="content">Seekable: what was received; may be short.</param>
    /// <param name="outboard">Seekable: the parents that were received; may be short.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<long> CountVerifiedGroupsAsync(ContentHash root, ContentTree tree, Stream content, Stream outboard, CancellationToken cancellationToken = default)
    {
        var encoder = new RangeEncoder(root, tree, tree.All);
        await SupplyAllAsync(encoder, tree, content, outboard, null, Stream.Null, cancellationToken).ConfigureAwait(false);
        return encoder.IsDone ? tree.GroupCount : encoder.VerifiedThrough / tree.GroupSize;
    }

    /// <summary>Reads the encoding of a range and writes the verified bytes to their places.</summary>
    /// <param name="root">The object's hash.</param>
    /// <param name="tree">Its length and chunk groups, as claimed.</param>
    /// <param name="range">The chunks that were asked for.</param>
    /// <param name="encoded">The encoding; read no further than its end.</param>
    /// <param name="content">Seekable: byte n of the object goes to position n.</param>
    /// <param name="outboard">Seekable, or null: takes the parents.</param>
    /// <param name="verified">Told where the next byte will lie, after each write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ContentException">The encoding is wrong or cut off; what was written before is good.</exception>
    public static async Task DecodeAsync(ContentHash root, ContentTree tree, ChunkRange range, Stream encoded, Stream content, Stream? outboard, IProgress<long>? verified = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        var decoder = new RangeDecoder(root, tree, range);
        var left = tree.EncodedSizeOf(range);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(left, 1, BufferSize));
        try
        {
            do
            {
                // An empty object's encoding has no bytes: don't wait for any.
                var wanted = (int)Math.Min(left, buffer.Length);
                var count = wanted == 0 ? 0 : await encoded.ReadAsync(buffer.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
                if (count == 0 && wanted > 0)
                    throw new ContentException($"The encoding was cut off: bytes up to {decoder.VerifiedThrough} are verified. Resume from there.");
                left -= count;
                WriteVerified(decoder, buffer.AsSpan(0, count), content, outboard, verified);
            }
            while (!decoder.IsDone);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void WriteVerified(RangeDecoder decoder, ReadOnlySpan<byte> input, Stream content, Stream? outboard, IProgress<long>? verified)
    {
        while (true)
        {
            var result = decoder.Read(input, out var consumed, out var part);
            input = input[consumed..];
            switch (result)
            {
                case DecodeResult.Content:
                    content.Position = part.Offset;
                    content.Write(part.Bytes);
                    verified?.Report(decoder.VerifiedThrough);
                    break;
                case DecodeResult.Parent:
                    if (outboard is null || part.Offset < 0) break;
                    outboard.Position = part.Offset;
                    outboard.Write(part.Bytes);
                    break;
                case DecodeResult.Refused:
                    throw new ContentException($"The encoding is not that of the object after byte {decoder.VerifiedThrough}: drop this source and resume from another.");
                default:
                    return;
            }
        }
    }

    // False if what is stored is wrong or missing.
    private static async Task<bool> SupplyAllAsync(RangeEncoder encoder, ContentTree tree, Stream content, Stream outboard, ArrayBufferWriter<byte>? output, Stream destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(outboard);
        var buffer = new byte[Math.Max(tree.GroupSize, ContentTree.ParentSize)];
        while (encoder.Next is { Source: not TreeSource.None } read)
        {
            var source = read.Source == TreeSource.Content ? content : outboard;
            source.Position = read.Offset;
            var count = await source.ReadAtLeastAsync(buffer.AsMemory(0, read.Length), read.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (count < read.Length || !encoder.Supply(buffer.AsSpan(0, count), output)) return false;
            if (output is null) continue;
            await destination.WriteAsync(output.WrittenMemory, cancellationToken).ConfigureAwait(false);
            output.ResetWrittenCount();
        }

        return true;
    }
}
