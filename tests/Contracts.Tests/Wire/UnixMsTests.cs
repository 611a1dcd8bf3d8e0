using Xunit;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Wire;

public sealed class UnixMsTests
{
    [Theory]
    [InlineData(-1, 0)]
    [InlineData(-62_135_596_800_000, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(253_402_300_799_999, 253_402_300_799_999)]
    public void A_time_before_1970_is_zero_and_not_the_end_of_all_time(long ms, ulong expected)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        Assert.Equal(expected, UnixMs.Of(time));
    }
}
