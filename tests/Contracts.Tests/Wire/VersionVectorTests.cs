using Xunit;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Wire;

public sealed class VersionVectorTests
{
    private static readonly DeviceId A = new([1, .. new byte[31]]);
    private static readonly DeviceId B = new([0xFF, .. new byte[31]]);

    [Fact]
    public void Equal_sets_have_equal_bytes_whatever_the_order_they_came_in()
    {
        var one = new VersionVector([new(A, 3), new(B, 7)]);
        var other = new VersionVector([new(B, 7), new(A, 3)]);
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.Equal(one.ToArray(), other.ToArray());
        Assert.Equal("01" + new string('0', 62) + "0000000000000003" + "ff" + new string('0', 62) + "0000000000000007", Convert.ToHexStringLower(one.ToArray()));
    }

    [Fact]
    public void A_sequence_of_zero_says_the_same_as_no_entry()
    {
        Assert.Equal(new VersionVector([]), new VersionVector([new(A, 0)]));
        Assert.Equal(0ul, new VersionVector([])[A]);
    }

    [Fact]
    public void Another_sequence_or_device_makes_another_vector()
    {
        Assert.NotEqual(new VersionVector([new(A, 3)]), new VersionVector([new(A, 4)]));
        Assert.NotEqual(new VersionVector([new(A, 3)]), new VersionVector([new(B, 3)]));
    }
}
