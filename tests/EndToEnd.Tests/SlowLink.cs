using System.Net;
using System.Net.Sockets;

namespace ZeroK.EndToEnd.Tests;

/// <summary>A TCP link that delivers each byte so much later, in both directions.</summary>
internal sealed class SlowLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly int _target;
    private readonly Task _accepting;

    public SlowLink(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How late, each way.</summary>
    public TimeSpan Delay { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested) return;
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var near = await _listener.AcceptTcpClientAsync(_ending.Token);
            var far = new TcpClient();
            await far.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
            _ = LinkAsync(near, far);
        }
    }

    private async Task LinkAsync(TcpClient near, TcpClient far)
    {
        using (near)
        using (far)
        {
            var both = Task.WhenAny(CarryAsync(near.GetStream(), far.GetStream()), CarryAsync(far.GetStream(), near.GetStream()));
            await (await both).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Reading goes on while what was read waits: a delay, not a limit on the rate.
    private async Task CarryAsync(NetworkStream from, NetworkStream to)
    {
        var onTheWay = System.Threading.Channels.Channel.CreateUnbounded<(long At, byte[] Bytes)>();
        var writing = WriteAsync(onTheWay.Reader, to);
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, _ending.Token) is var count and > 0)
            onTheWay.Writer.TryWrite((TimeProvider.System.GetTimestamp(), buffer[..count]));
        onTheWay.Writer.Complete();
        await writing;
    }

    private async Task WriteAsync(System.Threading.Channels.ChannelReader<(long At, byte[] Bytes)> onTheWay, NetworkStream to)
    {
        await foreach (var (at, bytes) in onTheWay.ReadAllAsync(_ending.Token))
        {
            var left = Delay - TimeProvider.System.GetElapsedTime(at);
            if (left > TimeSpan.Zero) await Task.Delay(left, TimeProvider.System, _ending.Token);
            await to.WriteAsync(bytes, _ending.Token);
        }
    }
}
