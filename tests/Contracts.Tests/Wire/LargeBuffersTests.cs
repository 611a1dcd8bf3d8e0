using Xunit;
using ZeroK.Wire;

namespace ZeroK.Contracts.Tests.Wire;

/// <summary>Large arrays that are used again: never two users at once, never more kept than the limit.</summary>
public sealed class LargeBuffersTests
{
    private const int Odd = 333_333;

    [Fact]
    public void Array_that_was_given_back_is_used_again()
    {
        var pool = new KeptArrays(1_000_000);
        var first = pool.Take(Odd);
        Assert.True(first.Length >= Odd);
        pool.Keep(first);
        var second = pool.Take(Odd - 1);
        Assert.Same(first, second);
        Assert.NotSame(first, pool.Take(Odd));
    }

    [Fact]
    public void Giving_an_array_back_twice_is_an_error()
    {
        var pool = new KeptArrays(1_000_000);
        var array = pool.Take(Odd);
        pool.Keep(array);
        Assert.Throws<InvalidOperationException>(() => pool.Keep(array));
    }

    [Fact]
    public void No_more_is_kept_than_the_limit()
    {
        var pool = new KeptArrays(1_000_000);
        var arrays = Enumerable.Range(0, 8).Select(_ => pool.Take(Odd)).ToList();
        foreach (var array in arrays) pool.Keep(array);
        Assert.Equal(2 * arrays[0].Length, pool.Bytes);
    }

    [Fact]
    public void Memory_has_exactly_the_bytes_asked_for_and_small_memory_is_not_kept()
    {
        foreach (var bytes in new[] { 0, 1, LargeBuffers.SharedBytesMax, LargeBuffers.SharedBytesMax + 1, 270_000 })
        {
            var memory = LargeBuffers.RentExactly(bytes);
            Assert.Equal(bytes, memory.Length);
            LargeBuffers.Return((ReadOnlyMemory<byte>)memory);
        }

        LargeBuffers.Return(new byte[100].AsMemory(3));
        Assert.Throws<ArgumentException>(() => LargeBuffers.Return(new byte[LargeBuffers.SharedBytesMax + 1]));
    }

    [Fact]
    public void Writer_holds_what_was_announced_and_no_more()
    {
        var writer = new LargeWriter(100_000);
        writer.GetSpan(60_000)[..60_000].Fill(1);
        writer.Advance(60_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.GetSpan(40_001));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(40_001));
        Assert.Equal(60_000, writer.Written.Length);
        LargeBuffers.Return(writer.Written);
    }
}
