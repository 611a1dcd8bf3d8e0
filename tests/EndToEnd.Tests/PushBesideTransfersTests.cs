using Xunit;
using ZeroK.Chaos.Proxy;
using ZeroK.Client;
using ZeroK.Transport;

namespace ZeroK.EndToEnd.Tests;

/// <summary>A device puts and gets large contents over a slow line, and pushes something small meanwhile.</summary>
public sealed class PushBesideTransfersTests : IAsyncLifetime
{
    private const int ContentBytes = 24 << 20;
    private const double LineKilobytesPerSecond = 2_000;

    // What all transfers of a device have under way together, at most.
    private const long WindowBytes = 1024 * 1024;

    private readonly string _root = Directory.CreateTempSubdirectory("zerok-beside-").FullName;
    private RelayProcess _relay = null!;

    public async ValueTask InitializeAsync()
    {
        _relay = new RelayProcess(Path.Combine(_root, "relay"), "--Content:GroupBytesMax=1073741824");
        await _relay.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    // Before the push lie at most the pieces that were under way when it was made: one window. Its acknowledgement comes behind what of one window is on the way back.
    // So by the time that it comes, each transfer has moved by no more than what the line moves meanwhile, and most of both is still missing, however slow the machine is.
    [Theory]
    [InlineData(TransportKind.Tcp)]
    [InlineData(TransportKind.Quic)]
    public async Task Small_push_is_acknowledged_while_nearly_all_of_both_transfers_is_still_missing(TransportKind kind)
    {
        if (!Transports.Of(kind).IsSupported(out var why)) Assert.Skip(why ?? "not supported");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4), TimeProvider.System);
        await using var line = new ChaosProxy("line", kind == TransportKind.Tcp ? ProxyProtocol.Tcp : ProxyProtocol.Udp, "127.0.0.1:0", $"127.0.0.1:{_relay.Port}");
        await line.EnableAsync();
        using var device = Device.Init(Path.Combine(_root, $"device-{kind}"), "a");
        var relay = RelayAddress.Parse(_relay.Address);
        using (var secret = GroupSecret.Random()) device.CreateGroup(secret, [new RelayAddress("127.0.0.1", line.Listen.Port, relay.Fingerprint.Span)]);
        await using var client = await SyncClient.StartAsync(device, SyncOptions.Default with { Transport = kind == TransportKind.Tcp ? TransportChoice.Tcp : TransportChoice.Quic }, patience.Token);
        var there = await client.PutContentAsync(new MemoryStream(Bytes(1)), null, null, patience.Token);
        Assert.Equal(kind, client.Status.Transport);

        line.AddBoth("bandwidth", ("rate", LineKilobytesPerSecond));
        var (sent, fetched) = (new Moved(ContentPhase.Sending), new Moved(ContentPhase.Fetching));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        var putting = client.PutContentAsync(new MemoryStream(Bytes(2)), null, sent, enough.Token);
        var getting = client.GetContentAsync(there, Stream.Null, asItArrives: true, fetched, enough.Token);
        while (sent.Bytes < WindowBytes || fetched.Bytes < WindowBytes)
        {
            Assert.False(putting.IsCompleted || getting.IsCompleted, "A transfer ended before both were under way.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }

        var began = (Sent: sent.Bytes, Fetched: fetched.Bytes);
        var waited = TimeProvider.System.GetTimestamp();
        var receipt = await client.PushAsync("small"u8.ToArray(), cancellationToken: patience.Token);
        await receipt.Durable.WaitAsync(patience.Token);
        var moved = (Sent: sent.Bytes - began.Sent, Fetched: fetched.Bytes - began.Fetched);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: acknowledged after {TimeProvider.System.GetElapsedTime(waited).TotalMilliseconds:0} ms, meanwhile {moved.Sent} bytes were sent and {moved.Fetched} fetched");
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => putting);
        await Assert.ThrowsAnyAsync<Exception>(() => getting);
        Assert.InRange(moved.Sent, 0, 2 * WindowBytes);
        Assert.InRange(moved.Fetched, 0, 3 * WindowBytes);
    }

    private static byte[] Bytes(int seed)
    {
        var bytes = new byte[ContentBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Moved(ContentPhase phase) : IProgress<ContentProgress>
    {
        private long _bytes;

        public long Bytes => Interlocked.Read(ref _bytes);

        public void Report(ContentProgress value)
        {
            if (value.Phase == phase) Interlocked.Exchange(ref _bytes, value.Moved);
        }
    }
}
