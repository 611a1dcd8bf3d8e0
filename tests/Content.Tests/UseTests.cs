using System.IO.Pipelines;
using Xunit;
using ZeroK.Content.Internal;

namespace ZeroK.Content.Tests;

/// <summary>How the public types behave in use and misuse.</summary>
public sealed class UseTests
{
    [Fact]
    public void Updating_allocates_nothing()
    {
        var data = new byte[600_000];
        using var hasher = new Blake3Hasher();
        hasher.Update(data);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var size = 1; size < data.Length; size = (size * 3) + 1) hasher.Update(data.AsSpan(0, size));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_hasher_goes_on_after_finishing_and_starts_again_after_reset()
    {
        using var hasher = Blake3Hasher.CreateKeyed(new byte[32]);
        hasher.Update("ab"u8);
        var ab = hasher.Finish();
        hasher.Update("c"u8);
        var abc = hasher.Finish();
        hasher.Reset();
        hasher.Update("ab"u8);
        Assert.Equal(ab, hasher.Finish());
        hasher.Update("c"u8);
        Assert.Equal(abc, hasher.Finish());
        Assert.NotEqual(ab, abc);
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Assert.Throws<ArgumentException>(() => Blake3Hasher.CreateKeyed(new byte[31]));
        Assert.Throws<ArgumentException>(() => Blake3Hasher.CreateDeriveKey(""));
        Assert.Throws<ArgumentException>(() => new ContentHash(new byte[33]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3.Hash([], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ContentTree(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ContentTree(ContentTree.LengthMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ContentTree(1, ContentTree.ChunkGroupLogMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChunkRange(2, 1));
        var hasher = new Blake3Hasher();
        hasher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => hasher.Update([]));
        Assert.Throws<ArgumentException>(() => new Blake3Hasher().FinishExtended() is var output && Read(output));
    }

    [Fact]
    public void A_hash_reads_back_its_digits_and_never_shows_itself()
    {
        var hash = Blake3.Hash("abc"u8);
        Assert.True(ContentHash.TryParse(hash.ToHex(), out var parsed));
        Assert.True(hash == parsed && hash.GetHashCode() == parsed.GetHashCode());
        Assert.True(hash != default);
        Assert.False(ContentHash.TryParse(hash.ToHex().AsSpan(1), out _));
        Assert.False(ContentHash.TryParse("g" + hash.ToHex()[1..], out _));
        Assert.DoesNotContain(hash.ToHex()[..8], hash.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_prefix_above_the_limit_is_refused()
    {
        Assert.False(ContentTree.TryReadLengthPrefix([0, 0, 0, 0, 0, 0, 0, 0x80], 0, out _));
        Assert.False(ContentTree.TryReadLengthPrefix([1, 0, 0, 0, 0, 0, 0], 0, out _));
        Assert.True(ContentTree.TryReadLengthPrefix([1, 0, 0, 0, 0, 0, 0, 0], 4, out var tree) && tree.Length == 1);
    }

    [Fact]
    public void The_longest_object_has_a_tree_of_known_size()
    {
        var tree = new ContentTree(ContentTree.LengthMax);
        Assert.Equal((1L << 42) - 1, tree.OutboardSize / ContentTree.ParentSize);
        Assert.Equal((46 * ContentTree.ParentSize) + Blake3.ChunkSize, tree.EncodedSizeOf(tree.RangeOf(12345, 1)));
        Assert.Equal(tree.EncodedSize, tree.EncodedSizeOf(tree.All));
    }

    [Fact]
    public void The_deepest_tree_decodes_down_its_left_edge()
    {
        // No such object exists; its left edge does: one chunk and 46 parents, whose right children are never looked at.
        var chunk = Vectors.Modulo251(Blake3.ChunkSize);
        var value = new byte[Blake3.HashSize];
        NodeHash.Leaf(chunk, 0, false, value);
        var encoded = new List<byte>(chunk);
        for (var level = 1; level <= 46; level++)
        {
            byte[] pair = [.. value, .. Vectors.Modulo251(Blake3.HashSize)];
            encoded.InsertRange(0, pair);
            NodeHash.Parent(pair, level == 46, value);
        }

        var tree = new ContentTree(ContentTree.LengthMax, 0);
        var decoder = new RangeDecoder(new ContentHash(value), tree, tree.All);
        ReadOnlySpan<byte> input = encoded.ToArray();
        for (var level = 0; level < 46; level++)
        {
            Assert.Equal(DecodeResult.Parent, decoder.Read(input, out var consumed, out var parent));
            Assert.Equal(level * ContentTree.ParentSize, parent.Offset);
            input = input[consumed..];
        }

        Assert.Equal(DecodeResult.Content, decoder.Read(input, out _, out var content));
        Assert.True(content.Bytes.SequenceEqual(chunk));
        Assert.Equal(1, decoder.VerifiedGroups);
        Assert.False(decoder.IsDone);
        Assert.False(decoder.IsLengthVerified);
    }

    [Fact]
    public void A_builder_refuses_more_or_fewer_bytes_than_announced()
    {
        var builder = new OutboardBuilder(new ContentTree(10), null);
        Assert.Throws<ContentException>(() => builder.Update(new byte[11]));
        builder.Update(new byte[9]);
        Assert.Throws<ContentException>(() => builder.Finish());
    }

    [Fact]
    public void An_encoder_insists_on_what_it_asked_for()
    {
        var tree = new Tree(new byte[40_000], ContentTree.DefaultChunkGroupLog);
        var encoder = new RangeEncoder(tree.Hash, tree.Shape, tree.Shape.All);
        Assert.Equal(new TreeRead(TreeSource.Outboard, 0, 64), encoder.Next);
        Assert.Throws<ArgumentException>(() => encoder.Supply(new byte[63], null));
        Assert.False(encoder.Supply(new byte[64], null));
        Assert.Equal(TreeSource.None, encoder.Next.Source);
        Assert.False(encoder.IsDone);
    }

    [Fact]
    public async Task A_range_streams_across_without_being_held_as_a_whole()
    {
        // 48 MiB that exist nowhere as a whole.
        var tree = new ContentTree((48L << 20) + 5);
        using var outboard = new MemoryStream();
        var hash = await ContentStreams.BuildOutboardAsync(new Pattern(tree.Length), tree, outboard, 2, TestContext.Current.CancellationToken);
        Assert.Equal(tree.OutboardSize, outboard.Length);

        var range = tree.RangeOf(3_000_001, 30_000_000);
        var pipe = new Pipe();
        using var stored = new Pattern(tree.Length);
        using var received = new CheckedSink(stored);
        var send = Task.Run(async () =>
        {
            await ContentStreams.EncodeAsync(hash, tree, range, stored, outboard, pipe.Writer.AsStream(), TestContext.Current.CancellationToken);
            await pipe.Writer.CompleteAsync();
        }, TestContext.Current.CancellationToken);
        await ContentStreams.DecodeAsync(hash, tree, range, pipe.Reader.AsStream(), received, null, null, TestContext.Current.CancellationToken);
        await send;
        Assert.Equal((range.End - range.Start) * Blake3.ChunkSize, received.Checked);
        Assert.InRange(received.LeadMax, 1, 2 << 20);
    }

    private static bool Read(Blake3Output output)
    {
        output.Position = ulong.MaxValue;
        output.Read(new byte[1]);
        return true;
    }
}
