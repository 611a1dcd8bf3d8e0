using ZeroK.Channel;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>One side stream of a session: contents alone. Whatever goes wrong on it ends it, and never the session.</summary>
/// <param name="context">The gateway's.</param>
/// <param name="device">Whose session it is.</param>
/// <param name="contents">The session's contents.</param>
/// <param name="heard">Called with each message.</param>
/// <param name="isClosing">Whether the session takes nothing new.</param>
internal sealed class SideStream(GatewayContext context, DeviceId device, ContentRequests contents, Action heard, Func<bool> isClosing)
{
    // A client's transfers have 1 MiB under way in all: twice that never makes a reader wait for it.
    private const long BytesMax = 2 * 1024 * 1024;

    private IFrameStream? _frames;
    private RequestStream? _requests;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastHeard = context.Time.GetTimestamp();

    /// <summary>Whether nothing is under way on it.</summary>
    public bool IsIdle => Volatile.Read(ref _requests)?.Window.IsIdle != false;

    /// <summary>Whether its client has forgotten it: silent for too long, with nothing under way.</summary>
    public bool IsForgotten => IsIdle && context.Time.GetElapsedTime(Volatile.Read(ref _lastHeard)) > context.Options.IdleTimeout;

    /// <summary>Completes at its end.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes when nothing is under way.</summary>
    public Task IdleAsync() => Volatile.Read(ref _requests)?.Window.IdleAsync() ?? Task.CompletedTask;

    /// <summary>Ends it without a word.</summary>
    public ValueTask AbortAsync() => Volatile.Read(ref _frames)?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Serves it to its end. Never throws.</summary>
    /// <param name="arrived">Its own from now on.</param>
    /// <param name="isWelcome">False: it is above the limit, and refused.</param>
    /// <param name="ended">Called when nothing more is taken on it, before the client can see that.</param>
    public async Task RunAsync(IArrivedStream arrived, bool isWelcome, Action ended)
    {
        var left = ended;
        try
        {
            await using (arrived)
            await using (var frames = await OpenAsync(arrived))
            {
                Volatile.Write(ref _requests, new RequestStream(context, frames, Math.Min(BytesMax, context.Options.SessionBytesMax)));
                Volatile.Write(ref _frames, frames);
                if (isWelcome) await ReadAsync(frames);
                else await _requests!.RefuseAsync(0, ErrorCode.RelayOverloaded, "The session has as many side streams as the relay allows: see the limits in WELCOME. Use the main one.", (uint)context.Options.RetryAfterMs);
                await IdleAsync();

                // Its place is free before the client sees the end, so that the next one finds it.
                left();
                left = static () => { };
                await frames.CompleteAsync();
            }
        }
        catch (ChannelException broken)
        {
            GatewaySession.LogBroken(context.Log, broken.Failure);
        }
        catch (OperationCanceledException)
        {
            GatewaySession.LogBroken(context.Log, ChannelFailure.Timeout);
        }
        catch (Exception fault)
        {
            GatewaySession.LogSessionFault(context.Log, fault.GetType().Name, fault.StackTrace);
        }
        finally
        {
            _requests?.Gone();
            left();
            _ended.TrySetResult();
        }
    }

    private async Task<IFrameStream> OpenAsync(IArrivedStream arrived)
    {
        using var deadline = new CancellationTokenSource(context.Options.HelloTimeout, context.Time);
        return await arrived.OpenAsync(deadline.Token);
    }

    private async Task ReadAsync(IFrameStream frames)
    {
        var requests = _requests!;
        while (true)
        {
            // Reading pauses here while this stream's window is full; the other streams go on.
            await requests.Window.RoomAsync();
            WireFrame frame;
            try
            {
                if (await frames.ReceiveAsync() is not { } next) return;
                frame = next;
            }
            catch (ChannelException broken) when (broken.Failure is ChannelFailure.Malformed or ChannelFailure.TooLarge)
            {
                await requests.RefuseAsync(broken.RequestId, ErrorCode.InvalidMessage, Refusals.TextOf(ErrorCode.InvalidMessage), 0);
                return;
            }

            Volatile.Write(ref _lastHeard, context.Time.GetTimestamp());
            heard();
            if (isClosing()) continue;
            context.Instruments.Message(frame.Message.Type);
            if (!ContentRequests.Takes(frame.Message))
            {
                await requests.RefuseAsync(frame.RequestId, ErrorCode.InvalidMessage, "A side stream carries contents alone.", 0);
                return;
            }

            if (!context.Rates.TryTake(device, out var retryAfterMs)) await requests.RefuseAsync(frame.RequestId, ErrorCode.RateLimited, Refusals.TextOf(ErrorCode.RateLimited), retryAfterMs);
            else await contents.TakeAsync(requests, frame.RequestId, frame.Message);
        }
    }
}
