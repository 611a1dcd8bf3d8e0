using System.Net;
using System.Net.Sockets;

namespace ZeroK.Chaos.Proxy;

/// <summary>One TCP connection through the proxy.</summary>
internal sealed class TcpLink : ILink
{
    private const int ChunkBytes = 64 * 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly Lock _closing = new();
    private bool _closed;

    public TcpLink(Socket client, DnsEndPoint upstream, ChaosProxy proxy, long number)
    {
        _client = client;
        _server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var startedAt = proxy.Time.GetTimestamp();
        var name = FormattableString.Invariant($"tcp{number}");
        Up = new DirectedFlow(Carrier.Stream, Direction.Upstream, proxy, name, number, startedAt);
        Down = new DirectedFlow(Carrier.Stream, Direction.Downstream, proxy, name, number, startedAt);
        Ended = Task.Run(() => RunAsync(upstream));
    }

    public DirectedFlow Up { get; }

    public DirectedFlow Down { get; }

    public Task Ended { get; }

    public void Close() => Close(reset: false);

    /// <summary>Called once the link has ended.</summary>
    public void Dispose()
    {
        lock (_closing)
        {
            _server.Dispose();
            _client.Dispose();
            _stop.Dispose();
        }
    }

    private async Task RunAsync(DnsEndPoint upstream)
    {
        try
        {
            await _server.ConnectAsync(upstream, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server can't be reached: the client sees a reset.
            Close(reset: true);
            return;
        }

        await Task.WhenAll(GuardAsync(ReadAsync(_client, Up)), GuardAsync(ReadAsync(_server, Down)), GuardAsync(WriteAsync(_server, Up)), GuardAsync(WriteAsync(_client, Down))).ConfigureAwait(false);
        Close(reset: false);
    }

    // One side is gone: the other must see it at once.
    private async Task GuardAsync(Task direction)
    {
        try
        {
            await direction.ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Close(reset: true);
        }
    }

    private async Task ReadAsync(Socket from, DirectedFlow flow)
    {
        var buffer = new byte[ChunkBytes];
        try
        {
            while (true)
            {
                await flow.WaitForRoomAsync(_stop.Token).ConfigureAwait(false);
                var count = await from.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    flow.Enter(PieceKind.End, default);
                    return;
                }

                flow.Enter(PieceKind.Data, buffer.AsSpan(0, count).ToArray());
            }
        }
        catch (SocketException)
        {
            // A reset travels like everything else: a partition holds it back.
            flow.Enter(PieceKind.Reset, default);
        }
    }

    private async Task WriteAsync(Socket to, DirectedFlow flow)
    {
        while (true)
        {
            var piece = await flow.NextAsync(_stop.Token).ConfigureAwait(false);
            switch (piece.Kind)
            {
                case PieceKind.Data:
                    for (var rest = piece.Bytes; rest.Length > 0;) rest = rest[await to.SendAsync(rest, _stop.Token).ConfigureAwait(false)..];
                    break;
                case PieceKind.End:
                    to.Shutdown(SocketShutdown.Send);
                    return;
                default:
                    Close(reset: piece.Kind == PieceKind.Reset);
                    return;
            }
        }
    }

    private void Close(bool reset)
    {
        lock (_closing)
        {
            if (_closed) return;
            _closed = true;
            foreach (var socket in (Socket[])[_client, _server]) Close(socket, reset);
            _stop.Cancel();
        }
    }

    private static void Close(Socket socket, bool reset)
    {
        if (reset)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Dispose();
            return;
        }

        try
        {
            // Disposing with a read under way would reset the connection: the sockets go after the link has ended.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // It was not connected, or the peer has closed already.
        }
    }
}
