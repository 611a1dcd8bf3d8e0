using System.Net.Sockets;
using ZeroK.Cli.Sync;

namespace ZeroK.Cli.Handover;

/// <summary>The process that holds a device lets others of its user work through its session: they hand their pushes and questions over by the socket in the device's directory.</summary>
internal sealed class HandoverServer : IAsyncDisposable
{
    private readonly ControlSocket _socket;
    private readonly ISyncSession _session;
    private readonly CancellationToken _interrupted;
    private readonly CancellationTokenSource _closed = new();
    private readonly HashSet<Task> _served = [];
    private readonly Lock _gate = new();
    private readonly Task _accepting;

    private HandoverServer(ControlSocket socket, ISyncSession session, CancellationToken interrupted)
    {
        (_socket, _session, _interrupted) = (socket, session, interrupted);
        _accepting = AcceptAsync();
    }

    /// <summary>Starts to listen, for a session that holds the directory's lock.</summary>
    /// <returns>Null where there are no local sockets: then nothing is handed over.</returns>
    public static HandoverServer? TryStart(string directory, ISyncSession session, CancellationToken interrupted) =>
        ControlSocket.TryListen(directory) is { } socket ? new HandoverServer(socket, session, interrupted) : null;

    /// <summary>Takes nobody more, and waits for those that are served, unless this command was interrupted: then they are told that it ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _accepting;
        Task[] served;
        lock (_gate) served = [.. _served];
        try
        {
            await Task.WhenAll(served).WaitAsync(_interrupted);
        }
        catch (OperationCanceledException)
        {
            await _closed.CancelAsync();
            await Task.WhenAll(served);
        }

        _closed.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket other;
            try
            {
                other = await _socket.Socket.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (!ControlSocket.IsOfThisUser(other))
            {
                other.Dispose();
                continue;
            }

            var serving = ServeAsync(other);
            lock (_gate) _served.Add(serving);
            _ = serving.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Forget(Task served)
    {
        lock (_gate) _served.Remove(served);
    }

    private async Task ServeAsync(Socket other)
    {
        using var channel = new FrameChannel(new NetworkStream(other, ownsSocket: true));
        await using var connection = new HandoverConnection(channel, _session);
        await connection.RunAsync(_closed.Token);
    }
}
