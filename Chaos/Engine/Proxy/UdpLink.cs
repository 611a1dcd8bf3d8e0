using System.Net;
using System.Net.Sockets;

namespace ZeroK.Chaos.Proxy;

/// <summary>One UDP client through the proxy: its own socket to the server, so that replies find their way.</summary>
internal sealed class UdpLink : ILink
{
    private const int DatagramBytesMax = 65_535;

    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listening;
    private readonly IPEndPoint _client;
    private readonly Socket _server;
    private readonly TimeProvider _time;
    private readonly TimeSpan _idle;
    private readonly ITimer _watch;
    private readonly Lock _closing = new();
    private bool _disposed;
    private long _lastAt;

    public UdpLink(Socket listening, IPEndPoint client, IPEndPoint upstream, ChaosProxy proxy, long number)
    {
        _listening = listening;
        _client = client;
        _time = proxy.Time;
        _idle = proxy.Options.DatagramIdle;
        _server = new Socket(upstream.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _server.Connect(upstream);
        var startedAt = _lastAt = _time.GetTimestamp();
        var name = FormattableString.Invariant($"udp{number}");
        Up = new DirectedFlow(Carrier.Datagram, Direction.Upstream, proxy, name, number, startedAt);
        Down = new DirectedFlow(Carrier.Datagram, Direction.Downstream, proxy, name, number, startedAt);
        _watch = _time.CreateTimer(_ => CloseWhenIdle(), null, _idle, _idle);
        Ended = Task.Run(RunAsync);
    }

    public DirectedFlow Up { get; }

    public DirectedFlow Down { get; }

    public Task Ended { get; }

    public void Receive(ReadOnlyMemory<byte> datagram)
    {
        Volatile.Write(ref _lastAt, _time.GetTimestamp());
        if (Up.HasRoom) Up.Enter(PieceKind.Data, datagram);
    }

    public void Close()
    {
        lock (_closing)
        {
            if (!_disposed) _stop.Cancel();
        }
    }

    /// <summary>Called once the link has ended.</summary>
    public void Dispose()
    {
        _server.Dispose();
        _watch.Dispose();
        lock (_closing)
        {
            _disposed = true;
            _stop.Dispose();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await Task.WhenAny(ReadAsync(), WriteAsync(Up), WriteAsync(Down)).Unwrap().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The link is over; a UDP client that sends again gets a new one.
        }
        finally
        {
            Close();
            await _watch.DisposeAsync().ConfigureAwait(false);
            _server.Dispose();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[DatagramBytesMax];
        while (true)
        {
            int count;
            try
            {
                count = await _server.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // The server's port is closed for now: an ICMP message, which UDP programs may pass over.
                continue;
            }

            Volatile.Write(ref _lastAt, _time.GetTimestamp());
            if (Down.HasRoom) Down.Enter(PieceKind.Data, buffer.AsSpan(0, count).ToArray());
        }
    }

    private async Task WriteAsync(DirectedFlow flow)
    {
        while (true)
        {
            var piece = await flow.NextAsync(_stop.Token).ConfigureAwait(false);
            if (piece.Kind != PieceKind.Data) return;
            try
            {
                if (flow.Direction == Direction.Upstream) await _server.SendAsync(piece.Bytes, _stop.Token).ConfigureAwait(false);
                else await _listening.SendToAsync(piece.Bytes, _client, _stop.Token).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.MessageSize)
            {
                // Lost, as datagrams may be.
            }
        }
    }

    private void CloseWhenIdle()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lastAt)) >= _idle) Close();
    }
}
