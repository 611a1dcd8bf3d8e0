using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

/// <summary>What a crowd of QUIC connections may leave unread with the library.</summary>
public sealed class QuicWindowTests
{
    private const long Mebi = 1024 * 1024;

    [Theory]
    [InlineData(0, 0, 2 * Mebi)]
    [InlineData(15, 63, 2 * Mebi)]
    [InlineData(31, 31, Mebi / 2)]
    [InlineData(0, 127, Mebi / 2)]
    [InlineData(99, 99, 64 * 1024)]
    [InlineData(0, int.MaxValue - 1, 64 * 1024)]
    public void A_further_connection_gets_less_the_more_there_are(int ofAddress, int inAll, long bytes) => Assert.Equal(bytes, QuicWindow.Bytes(ofAddress, inAll));

    [Fact]
    public void Every_window_is_one_that_the_library_takes() =>
        Assert.All(Enumerable.Range(0, 500), n => Assert.True(int.IsPow2(QuicWindow.Bytes(n, n)) && int.IsPow2(QuicWindow.Bytes(0, n))));

    // Whoever holds n connections has opened the n-th when the others were there.
    [Fact]
    public void The_sum_is_bounded_of_one_address_and_of_all()
    {
        Assert.InRange(Enumerable.Range(0, 100).Sum(n => (long)QuicWindow.Bytes(n, n)), 32 * Mebi, 64 * Mebi);
        Assert.InRange(Enumerable.Range(0, 10_000).Sum(n => QuicWindow.Bytes(0, n) - (n < 360 ? 0L : QuicWindow.BytesMin)), 128 * Mebi, 256 * Mebi);
    }

    [Fact]
    public void Attempts_that_are_counted_nowhere_yet_count()
    {
        var gate = new QuicGate { Crowd = _ => (10, 10) };
        for (var i = 0; i < 6; i++) Assert.Equal(2 * Mebi, gate.Begin("192.0.2.1"));
        Assert.True(gate.Begin("192.0.2.1") < 2 * Mebi);
        for (var i = 0; i < 9; i++) gate.End();
        Assert.Equal(2 * Mebi, gate.Begin("192.0.2.1"));
    }
}
