using Orleans.Concurrency;
using ZeroK.Channel;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>One session from its channel to its end: HELLO, then requests, then BYE. One reader; requests run beside it, bounded by the window.</summary>
/// <remarks>It owns no timer: the gateway's sweep looks at <see cref="IsIdle"/>. Everything that it holds is bounded by <see cref="GatewayOptions"/>.</remarks>
internal sealed partial class GatewaySession : IRegisteredSession
{
    private readonly GatewayContext _context;
    private readonly IFrameChannel _channel;
    private readonly AdmissionTicket _ticket;
    private readonly NetworkKey[] _networks;
    private readonly RequestStream _main;
    private readonly InFlightWindow _window;
    private readonly TaskCompletionSource _readerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _device = [];
    private IGroupGrain? _grain;
    private PushPump? _pushes;
    private ContentRequests? _contents;
    private Guid _group;
    private Task<WireFrame?>? _overtaken;
    private Bye? _closing;
    private Task _leaving = Task.CompletedTask;
    private long _lastHeard;
    private int _live;

    public GatewaySession(GatewayContext context, IFrameChannel channel, AdmissionTicket ticket, string remoteAddress)
    {
        _context = context;
        _channel = channel;
        _ticket = ticket;
        _networks = AddressKey.NetworksOf(remoteAddress);
        _main = new RequestStream(context, channel, context.Options.SessionBytesMax);
        _window = _main.Window;
        _lastHeard = context.Time.GetTimestamp();
    }

    /// <summary>Known from HELLO on: the id is a hash over the handshake's two keys and the one that HELLO brings.</summary>
    public DeviceId Device { get; private set; }

    /// <inheritdoc/>
    public bool IsLive => Volatile.Read(ref _live) == 1;

    /// <summary>Whether the peer has been silent for too long, with nothing under way here.</summary>
    public bool IsIdle => IsLive && _window.IsIdle && AreSidesIdle && _context.Time.GetElapsedTime(Volatile.Read(ref _lastHeard)) > _context.Options.IdleTimeout;

    /// <summary>Runs the session to its end. Never throws.</summary>
    /// <param name="helloDeadline">Fires when HELLO must have been read, counted from accepting the connection.</param>
    public async Task RunAsync(CancellationToken helloDeadline)
    {
        try
        {
            if (await AdmitAsync(helloDeadline) || _closing is not null) await ReadAsync();
        }
        catch (ChannelException broken)
        {
            await RefuseBytesAsync(broken);
        }
        catch (Exception fault)
        {
            LogSessionFault(_context.Log, fault.GetType().Name, fault.StackTrace);
            Close(ErrorCode.Internal, (uint)_context.Options.RetryAfterMs, Refusals.TextOf(ErrorCode.Internal));
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <inheritdoc/>
    public void Close(ErrorCode code, uint retryAfterMs, string text)
    {
        var bye = new Bye(code, retryAfterMs, text);
        if (Interlocked.CompareExchange(ref _closing, bye, null) is null) Volatile.Write(ref _leaving, LeaveAsync(bye));
    }

    /// <summary>Ends the session at once, without a word.</summary>
    public ValueTask AbortAsync() => _channel.DisposeAsync();

    private async Task ReadAsync()
    {
        while (true)
        {
            // Reading pauses here while the window is full: the peer feels it as back-pressure.
            await _window.RoomAsync();
            var next = await ReceiveAsync();
            if (next is not { } frame) return;
            Heard();
            if (_closing is not null) continue;
            _context.Instruments.Message(frame.Message.Type);
            if (frame.Message is Bye)
            {
                Close(ErrorCode.None, 0, "");
                continue;
            }

            await TakeAsync(frame);
        }
    }

    // A read that HELLO's deadline overtook is still under way: it is the next one. (Cancelling it would take the stream along, and with it our goodbye.)
    private Task<WireFrame?> ReceiveAsync()
    {
        var read = _overtaken ?? _channel.ReceiveAsync().AsTask();
        _overtaken = null;
        return read;
    }

    // BYE first, so that the peer starts nothing new; then the replies that are due; then the end of our side. The peer, who receives last, closes.
    private async Task LeaveAsync(Bye bye)
    {
        await Task.Yield();
        try
        {
            if (_group != Guid.Empty) _context.Sessions.Remove(_group, this);
            await _channel.SendAsync(0, bye);
            await _window.IdleAsync();
            await SidesIdleAsync();
            await _channel.CompleteAsync();
            await _readerEnded.Task.WaitAsync(_context.Options.Linger, _context.Time);
        }
        catch (TimeoutException)
        {
            LogLingered(_context.Log);
        }
        catch (ChannelException broken)
        {
            LogBroken(_context.Log, broken.Failure);
        }
        catch (Exception fault)
        {
            LogSessionFault(_context.Log, fault.GetType().Name, fault.StackTrace);
        }
        finally
        {
            await _channel.DisposeAsync();
        }
    }

    // The peer's bytes were no message, or the connection broke. In the first case it is told; framing may be lost, so nothing more is read.
    private async Task RefuseBytesAsync(ChannelException broken)
    {
        if (broken.Failure is ChannelFailure.Timeout or ChannelFailure.NoRoom)
        {
            // Too slow, or too much at once in all: it may come back.
            LogBroken(_context.Log, broken.Failure);
            Close(ErrorCode.RelayOverloaded, (uint)_context.Options.RetryAfterMs, broken.Message);
            return;
        }

        if (broken.Failure is not (ChannelFailure.Malformed or ChannelFailure.TooLarge))
        {
            LogBroken(_context.Log, broken.Failure);
            return;
        }

        var text = broken.Failure == ChannelFailure.TooLarge
            ? "The frame is longer than allowed here; it was refused on its length."
            : "The frame's bytes are not a message of this protocol.";
        await RefuseAndCloseAsync(broken.RequestId, ErrorCode.InvalidMessage, text);

        // What still arrives can't be read as frames any more: leave the peer time to read the BYE before the connection goes.
        await Task.Delay(_context.Options.Linger, _context.Time);
    }

    private async Task RefuseAndCloseAsync(uint requestId, ErrorCode code, string text, uint retryAfterMs = 0)
    {
        await RefuseAsync(requestId, code, text, retryAfterMs);
        Close(code, retryAfterMs, text);
    }

    private async Task EndAsync()
    {
        // Whoever closes must not be able to start once the channel is gone.
        var peerLeft = Interlocked.CompareExchange(ref _closing, new Bye(ErrorCode.None, 0, ""), null) is null;
        _readerEnded.TrySetResult();
        _main.Gone();
        await Volatile.Read(ref _leaving);
        await _channel.DisposeAsync();
        await SidesEndedAsync();
        _ticket.Dispose();
        if (_group != Guid.Empty)
        {
            var last = _context.Sessions.Remove(_group, this);
            if (IsLive)
            {
                Volatile.Write(ref _live, 0);
                _context.Instruments.SessionEnded(peerLeft ? "peer" : GatewayInstruments.NameOf(_closing.Code));
                if (last) Tell(_grain!.LeaveAsync(new Immutable<DeviceRequest>(new DeviceRequest(_device, _context.Silo))));
            }
        }
    }

    // A one-way call: its failure is noticed by the group anyway, when the next NOTIFY finds no session.
    private async void Tell(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception fault)
        {
            LogNotTold(_context.Log, fault.GetType().Name);
        }
    }
}
