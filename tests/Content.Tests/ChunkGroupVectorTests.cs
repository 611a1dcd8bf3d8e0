using Xunit;

namespace ZeroK.Content.Tests;

/// <summary>Chunk groups of 16 KiB: outboard without a length, encodings of the whole and of ranges.</summary>
public sealed class ChunkGroupVectorTests
{
    [Fact]
    public void Every_case()
    {
        foreach (var test in Vectors.Load("bao_16k_groups.json").Cases("vectors"))
        {
            var tree = new Tree(Vectors.Counter(test.Int("input_len")), ContentTree.DefaultChunkGroupLog);
            Assert.Equal(test.Text("blake3"), tree.Hash.ToHex());
            Assert.Equal(test.Int("outboard_len"), tree.Shape.OutboardSize);
            // Long outboards are given by their hash alone.
            if (test.GetProperty("outboard_preorder_hex").GetString() is { } hex) Assert.Equal(hex, Convert.ToHexStringLower(tree.Outboard));
            Assert.Equal(test.Text("outboard_preorder_blake3"), Blake3.Hash(tree.Outboard).ToHex());

            var encoded = tree.EncodeWithLength(tree.Shape.All);
            Assert.Equal(test.Int("encoded_len_with_size_prefix"), encoded.Length);
            Assert.Equal(encoded.Length - ContentTree.LengthPrefixSize, tree.Shape.EncodedSize);
            Assert.Equal(test.Text("encoded_blake3_with_size_prefix"), Blake3.Hash(encoded).ToHex());
            Assert.Equal(tree.Content, tree.DecodeWithLength(encoded, claimed => claimed.All, 1000));

            foreach (var range in test.Cases("ranges"))
            {
                var chunks = new ChunkRange(range.Int("chunk_start"), range.Int("chunk_end"));
                var part = tree.Encode(chunks);
                Assert.Equal(range.Int("encoded_len_without_size_prefix"), part.Length);
                Assert.Equal(part.Length, tree.Shape.EncodedSizeOf(chunks));
                Assert.Equal(range.Text("encoded_blake3_without_size_prefix"), Blake3.Hash(part).ToHex());
                var end = Math.Min(tree.Content.Length, chunks.End * Blake3.ChunkSize);
                Assert.Equal(tree.Content[(int)(chunks.Start * Blake3.ChunkSize)..(int)end], tree.Decode(tree.Shape, chunks, part, 1000));
            }
        }
    }
}
