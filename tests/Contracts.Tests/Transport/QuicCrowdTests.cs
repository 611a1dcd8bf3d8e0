using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

public sealed class QuicCrowdTests
{
    // The library refuses windows that are no power of two: each that the rule gives must work.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(17, 17)]
    [InlineData(50, 50)]
    [InlineData(3, 100)]
    [InlineData(100, 10_000)]
    public async Task Connection_in_a_crowd_works_with_its_smaller_window(int ofAddress, int inAll)
    {
        var quic = new QuicTransport();
        Assert.SkipUnless(quic.IsSupported(out var why), why ?? "");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var listener = await quic.ListenAsync("127.0.0.1", 0, patience.Token);
        var asked = new List<string>();
        listener.Crowd = address =>
        {
            asked.Add(address);
            return (ofAddress, inAll);
        };
        var accepting = listener.AcceptAsync(patience.Token).AsTask();
        await using var client = await quic.ConnectAsync(new RelayEndpoint("127.0.0.1", listener.Port), patience.Token);
        await using var relay = await accepting;

        // More than any window, so that it is filled and opened again and again.
        var bytes = new byte[3 * 1024 * 1024];
        var sending = client.SendAsync(bytes, patience.Token).AsTask();
        var read = 0;
        while (read < bytes.Length) read += await relay.ReceiveAsync(new byte[64 * 1024], patience.Token);
        await sending;
        Assert.Equal(["127.0.0.1"], asked);
    }
}
