using CsCheck;
using Xunit;
using ZeroK.Content.Internal;

namespace ZeroK.Content.Tests;

/// <summary>What must hold for every input. A failure prints the seed that repeats it.</summary>
public sealed class PropertyTests
{
    // Around the edges of blocks, chunks, groups and batches, and anywhere between.
    private static readonly Gen<int> Lengths = Gen.OneOf(
        Gen.Int[0, 2000],
        Gen.Int[0, 100_000],
        Gen.OneOf(64, 1024, 2048, 16384, 32768, 65536, 262_144, 524_288).SelectMany(edge => Gen.Int[-1, 1].Select(off => edge + off)),
        Gen.Int[0, 700_000]);

    private static readonly Gen<SimdPath> Paths = Gen.OneOf([.. Enum.GetValues<SimdPath>().Where(Kernels.IsSupported)]);

    // Cheap bytes without repetition at any power of two.
    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static List<int> Cut(int length, IEnumerable<int> sizes)
    {
        var pieces = new List<int>();
        foreach (var size in sizes.Append(length))
        {
            var piece = Math.Min(size, length);
            pieces.Add(piece);
            length -= piece;
        }

        return pieces;
    }

    [Fact]
    public void Every_split_on_every_path_gives_the_same_hash()
    {
        Gen.Select(Lengths, Gen.Int, Gen.Int[0, 200_000].Array[0, 12], Paths, Gen.Int[1, 3]).Sample((length, seed, sizes, path, threads) =>
        {
            var data = Bytes(length, seed);
            var expected = new byte[100];
            Blake3.HashCore(Blake3Mode.Hash, data, expected, 1, SimdPath.Scalar);
            using var hasher = new Blake3Hasher(Blake3Mode.Hash, path);
            var at = 0;
            foreach (var piece in Cut(length, sizes))
            {
                hasher.Update(data.AsSpan(at, piece), threads);
                at += piece;
                hasher.Finish();
            }

            var actual = new byte[100];
            hasher.Finish(actual);
            Assert.Equal(expected, actual);
            Assert.Equal((ulong)length, hasher.Length);
        }, iter: 200);
    }

    [Fact]
    public void Every_part_of_the_output_is_the_same_as_in_one_piece()
    {
        Gen.Select(Gen.Int[0, 3000], Gen.Int[0, 500], Gen.Int[0, 300]).Sample((length, offset, count) =>
        {
            using var hasher = new Blake3Hasher();
            hasher.Update(Bytes(length, 1));
            var whole = new byte[offset + count];
            hasher.Finish(whole);
            var output = hasher.FinishExtended();
            output.Position = (ulong)offset;
            var part = new byte[count];
            output.Read(part.AsSpan(0, count / 2));
            output.Read(part.AsSpan(count / 2));
            Assert.Equal(whole[offset..], part);
        }, iter: 200);
    }

    [Fact]
    public void Every_split_with_any_threads_gives_the_same_outboard_and_BLAKE3s_hash()
    {
        Gen.Select(Lengths, Gen.Int, Gen.Int[0, 400_000].Array[0, 8], Gen.Int[0, ContentTree.ChunkGroupLogMax], Gen.Int[1, 3]).Sample((length, seed, sizes, log, threads) =>
        {
            var data = Bytes(length, seed);
            var shape = new ContentTree(length, log);
            var outboard = new byte[shape.OutboardSize];
            var written = 0;
            var builder = new OutboardBuilder(shape, (offset, parents) =>
            {
                parents.CopyTo(outboard.AsSpan((int)offset));
                written += parents.Length;
            });
            var at = 0;
            foreach (var piece in Cut(length, sizes))
            {
                builder.Update(data.AsSpan(at, piece), threads);
                at += piece;
            }

            Assert.Equal(Blake3.Hash(data), builder.Finish());
            Assert.Equal(outboard.Length, written);
            Assert.Equal(Reference.Outboard(data, log), outboard);
        }, iter: 150);
    }

    [Fact]
    public void Every_range_decodes_to_its_bytes_and_has_the_size_foretold()
    {
        Gen.Select(Lengths, Gen.Int[0, 5], Gen.Int[0, 800_000], Gen.Int[0, 800_000], Gen.Int[1, 20_000]).Sample((length, log, offset, count, piece) =>
        {
            var tree = new Tree(Bytes(length, 2), log);
            var range = tree.Shape.RangeOf(offset, count);
            var encoded = tree.Encode(range);
            Assert.Equal(tree.Shape.EncodedSizeOf(range), encoded.Length);
            var end = Math.Min(length, range.End * Blake3.ChunkSize);
            Assert.Equal(tree.Content[(int)(range.Start * Blake3.ChunkSize)..(int)end], tree.Decode(tree.Shape, range, encoded, piece));
        }, iter: 150);
    }

    [Fact]
    public void Every_flipped_bit_and_every_cut_of_an_encoding_is_refused()
    {
        Gen.Select(Gen.Int[0, 90_000], Gen.Int[0, 4], Gen.Int[0, 100], Gen.Int[1, 100], Gen.Long[0, long.MaxValue], Gen.Int[1, 20_000]).Sample((length, log, start, chunks, bit, piece) =>
        {
            var tree = new Tree(Bytes(length, 3), log);
            var range = tree.Shape.Clip(new ChunkRange(start, start + chunks));
            var encoded = tree.Encode(range);
            if (encoded.Length == 0) return;
            var at = (int)(bit % encoded.Length);
            Assert.Null(tree.Decode(tree.Shape, range, encoded.AsSpan(0, at), piece));
            encoded[at] ^= (byte)(1 << (int)(bit >> 40) % 8);
            Assert.Null(tree.Decode(tree.Shape, range, encoded, piece));
        }, iter: 300);
    }

    [Fact]
    public void Every_wrong_length_is_refused_at_the_last_chunk_and_never_yields_a_wrong_byte()
    {
        Gen.Select(Gen.Int[0, 90_000], Gen.Int[0, 4], Gen.Int[0, 100], Gen.Int[0, 100_000], Gen.Int[1, 20_000]).Sample((length, log, start, wrong, piece) =>
        {
            if (wrong == length) return;
            var tree = new Tree(Bytes(length, 4), log);
            var claimed = new ContentTree(wrong, log);

            // Both what an honest sender sends for the whole, and what a liar cuts to fit.
            var whole = tree.Encode(tree.Shape.All);
            Assert.Null(tree.Decode(claimed, claimed.All, whole, piece));
            Assert.Null(tree.Decode(claimed, claimed.All, [.. whole, .. new byte[Math.Max(0, wrong - length) + 64]], piece));

            // A range that leaves the last chunk out may pass: its bytes are right (Tree checks), and the length stays unverified.
            var range = claimed.Clip(new ChunkRange(start, start + 1));
            var part = tree.Decode(claimed, range, tree.Encode(range), piece);
            Assert.True(part is null || range.End < claimed.ChunkCount);
        }, iter: 200);
    }

    [Fact]
    public void Every_flipped_bit_in_store_or_outboard_is_noticed_before_it_leaves()
    {
        Gen.Select(Gen.Int[1, 90_000], Gen.Int[0, 4], Gen.Long[0, long.MaxValue], Gen.Bool).Sample((length, log, bit, inContent) =>
        {
            var tree = new Tree(Bytes(length, 5), log);
            var target = inContent || tree.Outboard.Length == 0 ? tree.Content : tree.Outboard;
            var good = tree.Encode(tree.Shape.All);
            target[(int)(bit % target.Length)] ^= (byte)(1 << (int)(bit >> 40) % 8);
            var sent = new System.Buffers.ArrayBufferWriter<byte>();
            var encoder = new RangeEncoder(tree.Hash, tree.Shape, tree.Shape.All);
            while (encoder.Next is { Source: not TreeSource.None } read)
                encoder.Supply((read.Source == TreeSource.Content ? tree.Content : tree.Outboard).AsSpan((int)read.Offset, read.Length), sent);
            Assert.False(encoder.IsDone);
            Assert.True(good.AsSpan().StartsWith(sent.WrittenSpan) && sent.WrittenCount < good.Length);
        }, iter: 200);
    }

    [Fact]
    public void What_an_encoder_says_lies_ahead_is_all_asked_for()
    {
        Gen.Select(Gen.Int[0, 400_000], Gen.Int[0, 4], Gen.Long[0, 400], Gen.Long[1, 400]).Sample((length, log, start, count) =>
        {
            var tree = new Tree(Bytes(length, 7), log);
            var encoder = new RangeEncoder(tree.Hash, tree.Shape, new ChunkRange(start, start + count));
            var asked = new HashSet<(TreeSource, long)>();
            var ahead = new HashSet<(TreeSource, long)>();
            while (encoder.Next is { Source: not TreeSource.None } read)
            {
                Assert.True(encoder.Ahead >= read.Length);
                for (var at = read.Offset; at < read.Offset + encoder.Ahead; at += ContentTree.ParentSize) ahead.Add((read.Source, at));
                for (var at = read.Offset; at < read.Offset + read.Length; at += ContentTree.ParentSize) asked.Add((read.Source, at));
                encoder.Supply((read.Source == TreeSource.Content ? tree.Content : tree.Outboard).AsSpan((int)read.Offset, read.Length), null);
            }

            Assert.True(ahead.SetEquals(asked));
        }, iter: 300);
    }

    [Fact]
    public async Task Every_interruption_resumes_at_the_last_verified_group()
    {
        await Gen.Select(Gen.Int[0, 300_000], Gen.Int[0, 4], Gen.Double[0, 1]).SampleAsync(async (length, log, share) =>
        {
            var tree = new Tree(Bytes(length, 6), log);
            using var content = new MemoryStream();
            using var outboard = new MemoryStream();
            var first = tree.Encode(tree.Shape.All);
            var cut = (int)(share * first.Length);
            using (var encoded = new MemoryStream(first[..cut]))
            {
                var whole = ContentStreams.DecodeAsync(tree.Hash, tree.Shape, tree.Shape.All, encoded, content, outboard);
                if (cut < first.Length) await Assert.ThrowsAsync<ContentException>(() => whole);
                else await whole;
            }

            var groups = await ContentStreams.CountVerifiedGroupsAsync(tree.Hash, tree.Shape, content, outboard);
            Assert.Equal(content.Length == length ? tree.Shape.GroupCount : content.Length / tree.Shape.GroupSize, groups);
            if (groups < tree.Shape.GroupCount)
            {
                var range = tree.Shape.FromGroup(groups);
                using var rest = new MemoryStream(tree.Encode(range));
                await ContentStreams.DecodeAsync(tree.Hash, tree.Shape, range, rest, content, outboard);
            }

            Assert.Equal(tree.Content, content.ToArray());
            Assert.Equal(tree.Outboard, outboard.ToArray());
        }, iter: 100);
    }
}
