using System.Text.Json;
using Xunit;

namespace ZeroK.Content.Tests;

/// <summary>Bao's own test vectors: groups of one chunk, and the length in front.</summary>
public sealed class BaoVectorTests
{
    private static JsonElement File => Vectors.Load("bao_test_vectors.json");
    private static readonly int[] Pieces = [1, 100, 1 << 20];

    private static Tree TreeOf(JsonElement test) => new(Vectors.Counter(test.Int("input_len")), 0);

    [Fact]
    public void Every_hash_case()
    {
        foreach (var test in File.Cases("hash"))
            Assert.Equal(test.Text("bao_hash"), TreeOf(test).Hash.ToHex());
    }

    [Fact]
    public void Every_encoding_case_and_its_corruptions()
    {
        foreach (var test in File.Cases("encode"))
        {
            var tree = TreeOf(test);
            var encoded = tree.EncodeWithLength(tree.Shape.All);
            Assert.Equal(test.Text("bao_hash"), tree.Hash.ToHex());
            Assert.Equal(test.Int("output_len"), encoded.Length);
            Assert.Equal(test.Text("encoded_blake3"), Blake3.Hash(encoded).ToHex());
            foreach (var piece in Pieces)
            {
                Assert.Equal(tree.Content, tree.DecodeWithLength(encoded, claimed => claimed.All, piece));
                foreach (var corrupted in Corruptions(encoded, test.Cases("corruptions")))
                    Assert.Null(tree.DecodeWithLength(corrupted, claimed => claimed.All, piece));
            }
        }
    }

    [Fact]
    public async Task Every_outboard_case_and_its_corruptions()
    {
        foreach (var test in File.Cases("outboard"))
        {
            var tree = TreeOf(test);
            var prefix = new byte[ContentTree.LengthPrefixSize];
            tree.Shape.WriteLengthPrefix(prefix);
            byte[] outboard = [.. prefix, .. tree.Outboard];
            Assert.Equal(test.Text("bao_hash"), tree.Hash.ToHex());
            Assert.Equal(test.Int("output_len"), outboard.Length);
            Assert.Equal(test.Text("encoded_blake3"), Blake3.Hash(outboard).ToHex());
            Assert.True(await IsGoodAsync(tree, tree.Content, outboard));
            foreach (var corrupted in Corruptions(outboard, test.Cases("outboard_corruptions")))
                Assert.False(await IsGoodAsync(tree, tree.Content, corrupted));
            var inputs = test.GetProperty("input_corruptions").EnumerateArray().ToList();
            Assert.True(inputs.Count > 0 || tree.Content.Length == 0);
            foreach (var corrupted in Corruptions(tree.Content, inputs))
                Assert.False(await IsGoodAsync(tree, corrupted, outboard));
        }
    }

    [Fact]
    public void Every_seek_case()
    {
        foreach (var test in File.Cases("seek"))
        {
            var tree = TreeOf(test);
            foreach (var offset in test.Cases("seek_offsets").Select(o => o.GetInt32()))
            {
                var range = tree.Shape.RangeOf(offset, ContentTree.LengthMax);
                var read = tree.Decode(tree.Shape, range, tree.Encode(range), 100)!;
                var skipped = Math.Min(read.Length, offset - ((int)range.Start * Blake3.ChunkSize));
                Assert.Equal(tree.Content[Math.Min(offset, tree.Content.Length)..], read[skipped..]);
            }
        }
    }

    [Fact]
    public void Every_slice_case_and_its_corruptions()
    {
        foreach (var test in File.Cases("slice"))
        {
            var tree = TreeOf(test);
            Assert.Equal(test.Text("bao_hash"), tree.Hash.ToHex());
            foreach (var slice in test.Cases("slices"))
            {
                var (start, length) = (slice.Int("start"), slice.Int("len"));
                var range = tree.Shape.RangeOf(start, length);
                var encoded = tree.EncodeWithLength(range);
                Assert.Equal(slice.Int("output_len"), encoded.Length);
                Assert.Equal(encoded.Length - ContentTree.LengthPrefixSize, tree.Shape.EncodedSizeOf(range));
                Assert.Equal(slice.Text("output_blake3"), Blake3.Hash(encoded).ToHex());
                var end = Math.Min(tree.Content.Length, range.End * Blake3.ChunkSize);
                Assert.Equal(tree.Content[(int)(range.Start * Blake3.ChunkSize)..(int)end], tree.DecodeWithLength(encoded, claimed => claimed.RangeOf(start, length), 100));
                foreach (var corrupted in Corruptions(encoded, slice.Cases("corruptions")))
                    Assert.Null(tree.DecodeWithLength(corrupted, claimed => claimed.RangeOf(start, length), 100));
            }
        }
    }

    private static IEnumerable<byte[]> Corruptions(byte[] good, IEnumerable<JsonElement> offsets)
    {
        foreach (var offset in offsets)
        {
            var bad = good.ToArray();
            bad[offset.GetInt32()] ^= 1;
            yield return bad;
        }
    }

    private static async Task<bool> IsGoodAsync(Tree tree, byte[] content, byte[] outboardWithLength)
    {
        Assert.True(ContentTree.TryReadLengthPrefix(outboardWithLength, 0, out var claimed));
        using var outboard = new MemoryStream(outboardWithLength[ContentTree.LengthPrefixSize..]);
        using var stored = new MemoryStream(content);
        return await ContentStreams.CountVerifiedGroupsAsync(tree.Hash, claimed, stored, outboard, TestContext.Current.CancellationToken) == claimed.GroupCount;
    }
}
