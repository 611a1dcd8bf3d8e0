using Xunit;
using ZeroK.Content;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Tests.Content;

/// <summary>Which pieces of a content a relay takes. A group has 16 KiB; the object has four and a half.</summary>
public sealed class PieceRulesTests
{
    private const int Group = 16 * 1024, Size = (4 * Group) + (Group / 2);
    private static readonly SomeContent Object = new(Size);

    [Theory]
    [InlineData(0, 0, Group, ErrorCode.None)]
    [InlineData(Group, 0, Group, ErrorCode.None)]
    [InlineData(Group, Group, 2 * Group, ErrorCode.None)]
    [InlineData(4 * Group, 4 * Group, Group / 2, ErrorCode.None)]
    [InlineData(0, Group, Group, ErrorCode.OutOfOrder)]
    [InlineData(Size, 1, Group, ErrorCode.InvalidMessage)]
    [InlineData(Size, Group / 2, Group, ErrorCode.InvalidMessage)]
    [InlineData(Size, 0, Group + 1, ErrorCode.InvalidMessage)]
    [InlineData(Size, 0, 0, ErrorCode.InvalidMessage)]
    [InlineData(Size, 4 * Group, Group, ErrorCode.InvalidMessage)]
    [InlineData(Size, 5 * Group, 0, ErrorCode.InvalidMessage)]
    [InlineData(Size, -Group, Group, ErrorCode.InvalidMessage)]
    public void A_piece_is_a_run_of_whole_groups_behind_what_is_held(long held, long offset, long count, ErrorCode code) =>
        Assert.Equal(code, PieceRules.Check(Object.Tree, held, offset, count));

    [Fact]
    public void Bytes_behind_a_pieces_encoding_are_refused()
    {
        var encoding = Object.Encode(0, Group);
        Assert.NotNull(PieceRules.Verify(Object.Hash, Object.Tree, 0, Group, encoding));
        Assert.Null(PieceRules.Verify(Object.Hash, Object.Tree, 0, Group, [.. encoding, 0]));
        Assert.Null(PieceRules.Verify(Object.Hash, Object.Tree, 0, Group, encoding.AsSpan(0, encoding.Length - 1)));
    }

    [Theory]
    [InlineData(0, 1, 0, 16)]
    [InlineData(Group, 1, 16, 32)]
    [InlineData(Group - 1, 2, 0, 32)]
    [InlineData(Size - 1, 1, 64, 72)]
    public void A_reader_gets_the_groups_around_what_it_asks_for(int offset, int count, long firstChunk, long endChunk) =>
        Assert.Equal(new ChunkRange(firstChunk, endChunk), PieceRules.RangeOf(Object.Tree, (ulong)offset, (uint)count));

    [Theory]
    [InlineData(Size, 1)]
    [InlineData(0, 0)]
    [InlineData(Size + 1, 0)]
    public void What_is_not_in_the_object_is_no_range(int offset, int count) => Assert.Null(PieceRules.RangeOf(Object.Tree, (ulong)offset, (uint)count));
}
