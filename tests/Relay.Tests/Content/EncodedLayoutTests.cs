using System.Buffers;
using Xunit;
using ZeroK.Content;
using ZeroK.Storage.AzureBlob;

namespace ZeroK.Relay.Tests.Content;

/// <summary>The pure parts of the Azure store.</summary>
public sealed class EncodedLayoutTests
{
    private const int Group = 16 * 1024;

    public static TheoryData<int> Sizes => [0, 1, Group, Group + 1, 2 * Group, (2 * Group) + 1, 3 * Group, 5 * Group, 8 * Group, (11 * Group) + 77, 37 * Group];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_group_and_parent_lies_where_the_encoder_puts_it(int size)
    {
        var content = new SomeContent(size);
        var layout = new EncodedLayout(content.Tree);
        var outboard = OutboardBuilder.Compute(content.Bytes, out _);
        var encoder = new RangeEncoder(content.Hash, content.Tree, content.Tree.All);
        var output = new ArrayBufferWriter<byte>(1024);
        long groups = 0;
        while (!encoder.IsDone)
        {
            var next = encoder.Next;
            if (next.Source == TreeSource.Outboard) Assert.Equal(output.WrittenCount, layout.PositionOfParent(next.Offset));
            else Assert.Equal(output.WrittenCount, layout.PositionOf(groups++));
            encoder.Supply((next.Source == TreeSource.Outboard ? outboard : content.Bytes).AsSpan((int)next.Offset, next.Length), output);
        }

        Assert.Equal(content.Tree.GroupCount, groups);
        Assert.Equal(output.WrittenCount, layout.Size);
        Assert.Equal(output.WrittenCount, layout.SliceOf(groups));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Held_bytes_are_the_whole_groups_of_what_is_there(int size)
    {
        var layout = new EncodedLayout(new ContentTree(size));
        Assert.Equal(size, layout.HeldIn(layout.Size));
        Assert.Equal(0, layout.HeldIn(0));
        for (long group = 1; group < layout.Tree.GroupCount; group++)
        {
            Assert.Equal(group * Group, layout.HeldIn(layout.SliceOf(group)));
            Assert.Equal((group - 1) * Group, layout.HeldIn(layout.SliceOf(group) - 1));
        }
    }

    [Fact]
    public void Chain_goes_as_far_as_blocks_follow_one_another()
    {
        Assert.Equal(0, StagedBlocks.Chain([]).Bytes);
        var (ids, bytes) = StagedBlocks.Chain([Block(100, 50), Block(0, 100), Block(200, 10)]);
        Assert.Equal(150, bytes);
        Assert.Equal([StagedBlocks.IdOf(0, 100), StagedBlocks.IdOf(100, 50)], ids);
    }

    [Fact]
    public void Chain_finds_a_way_through_blocks_that_overlap()
    {
        // The longest first block leads nowhere.
        var (ids, bytes) = StagedBlocks.Chain([Block(0, 100), Block(0, 60), Block(60, 60), Block(120, 5), Block(90, 100)]);
        Assert.Equal(125, bytes);
        Assert.Equal([StagedBlocks.IdOf(0, 60), StagedBlocks.IdOf(60, 60), StagedBlocks.IdOf(120, 5)], ids);
    }

    [Fact]
    public void Chain_leaves_out_blocks_that_are_not_ours_or_of_another_size_than_their_name_says()
    {
        Assert.Equal(0, StagedBlocks.Chain([("Zm9yZWlnbg==", 100), ("no base64!", 100), (StagedBlocks.IdOf(0, 100), 99)]).Bytes);
        Assert.Equal(16, StagedBlocks.IdOf(long.MaxValue, int.MaxValue).Length);
    }

    [Fact]
    public void Cache_drops_what_was_not_used_for_longest()
    {
        var cache = new PageCache(250);
        PageKey Page(string blob, int n) => new(blob, "v", n, 100);
        cache.Add(Page("a/0", 1), new byte[100]);
        cache.Add(Page("a/0", 2), new byte[100]);
        Assert.True(cache.TryGet(Page("a/0", 1), out _));
        cache.Add(Page("b/0", 3), new byte[100]);
        Assert.True(cache.TryGet(Page("a/0", 1), out _));
        Assert.False(cache.TryGet(Page("a/0", 2), out _));
        Assert.False(cache.TryGet(Page("a/0", 1) with { Version = "w" }, out _));
        cache.Forget("a/");
        Assert.False(cache.TryGet(Page("a/0", 1), out _));
        Assert.True(cache.TryGet(Page("b/0", 3), out _));
    }

    private static (string Id, long Size) Block(long offset, int length) => (StagedBlocks.IdOf(offset, length), length);
}
