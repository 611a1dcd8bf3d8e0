using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace ZeroK.Cli.Handover;

/// <summary>The other end of a <see cref="HandoverServer"/>: asks, and hands each answer to the one who asked.</summary>
internal sealed class HandoverLink : IAsyncDisposable
{
    private readonly ControlSocket _socket;
    private readonly FrameChannel _channel;
    private readonly ConcurrentDictionary<int, Channel<JsonObject>> _calls = new();
    private readonly Task _reading;
    private int _last;
    private volatile bool _isGone;

    private HandoverLink(ControlSocket socket)
    {
        _socket = socket;
        _channel = new FrameChannel(new NetworkStream(socket.Socket, ownsSocket: false));
        _reading = ReadAsync();
    }

    /// <summary>The process at the other end; 0 before it said.</summary>
    public int Process { get; set; }

    /// <summary>Connects to the process that holds a directory; null if none listens there.</summary>
    public static HandoverLink? TryConnect(string directory) => ControlSocket.TryConnect(directory) is { } socket ? new HandoverLink(socket) : null;

    /// <summary>Asks.</summary>
    /// <param name="what">What to do.</param>
    /// <param name="fields">What goes with it.</param>
    /// <param name="onItem">Takes what comes before the answer; its result, if it has one, is sent back.</param>
    /// <param name="cancellationToken">Gives up, and tells the other.</param>
    /// <exception cref="CliException">The other process ended.</exception>
    public async Task<JsonNode?> AskAsync(string what, JsonObject? fields = null, Func<JsonNode?, Task<JsonObject?>>? onItem = null, CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref _last);
        var answers = System.Threading.Channels.Channel.CreateUnbounded<JsonObject>();
        _calls[number] = answers;
        try
        {
            var question = fields ?? [];
            (question["n"], question["do"]) = (number, what);
            await SendAsync(question, cancellationToken);
            while (true)
            {
                if (_isGone) answers.Writer.TryComplete();
                if (!await answers.Reader.WaitToReadAsync(cancellationToken)) throw Ended();
                while (answers.Reader.TryRead(out var frame))
                {
                    if (frame["error"] is { } error) throw HandoverJson.ToError(error, Process);
                    if (frame.ContainsKey("ok")) return frame["ok"];
                    if (onItem is null || await onItem(frame["item"]) is not { } reply) continue;
                    reply["n"] = number;
                    await SendAsync(reply, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (!_isGone) await SendAsync(new JsonObject { ["n"] = number, ["cancel"] = true }, CancellationToken.None);
            throw;
        }
        finally
        {
            _calls.TryRemove(number, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isGone = true;
        _socket.Dispose();
        await _reading;
        _channel.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _channel.ReceiveAsync(CancellationToken.None) is { } frame)
            if ((int?)frame["n"] is { } number && _calls.TryGetValue(number, out var call)) call.Writer.TryWrite(frame);
        _isGone = true;
        foreach (var call in _calls.Values) call.Writer.TryComplete();
    }

    private async Task SendAsync(JsonObject message, CancellationToken cancellationToken)
    {
        try
        {
            await _channel.SendAsync(message, cancellationToken);
        }
        catch (IOException) when (_isGone || !_socket.Socket.Connected)
        {
            throw Ended();
        }
    }

    private CliException Ended() => HandoverJson.Ended(Process);
}
