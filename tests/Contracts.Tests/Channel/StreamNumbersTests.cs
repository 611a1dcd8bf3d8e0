using Xunit;
using ZeroK.Channel.Internal;

namespace ZeroK.Contracts.Tests.Channel;

public sealed class StreamNumbersTests
{
    [Fact]
    public void A_number_is_taken_once_in_any_order()
    {
        var numbers = new StreamNumbers();
        foreach (var number in new uint[] { 2, 1, 3, 64, 5, 65, 4 }) Assert.True(numbers.TryUse(number), $"{number} was refused.");
        foreach (var number in new uint[] { 2, 1, 3, 64, 5, 65, 4 }) Assert.False(numbers.TryUse(number), $"{number} was taken twice.");
    }

    [Fact]
    public void Zero_and_what_lies_behind_the_window_are_refused_used_or_not()
    {
        var numbers = new StreamNumbers();
        Assert.False(numbers.TryUse(0));
        Assert.True(numbers.TryUse(1000));
        Assert.False(numbers.TryUse(1000 - StreamNumbers.Window));
        Assert.True(numbers.TryUse(1000 - StreamNumbers.Window + 1));
        Assert.True(numbers.TryUse(uint.MaxValue));
        Assert.False(numbers.TryUse(1001));
        Assert.False(numbers.TryUse(uint.MaxValue));
    }

    [Fact]
    public void Random_orders_never_give_a_number_twice()
    {
        var random = new Random(5);
        var (numbers, taken, at) = (new StreamNumbers(), new HashSet<uint>(), 1u);
        for (var i = 0; i < 20_000; i++)
        {
            at += (uint)random.Next(3);
            var number = (uint)Math.Max(1, at + random.Next(-80, 20));
            if (numbers.TryUse(number)) Assert.True(taken.Add(number), $"{number} was taken twice.");
        }

        Assert.True(taken.Count > 5_000);
    }
}
