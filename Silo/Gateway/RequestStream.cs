using ZeroK.Channel;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>One stream of a session as its requests need it: what is under way on it, and where their replies go. A stream that stands still holds up no other.</summary>
internal sealed class RequestStream(GatewayContext context, IFrameStream frames, long bytesMax)
{
    // What a request without a body of its own is counted as: its frame, its task and a small reply.
    public const long SmallRequestBytes = 1024;

    private const int GetsAtOnce = 2;
    private const int PagesAtOnce = 1;

    // Most streams never get a content. It holds nothing of the system's, so nobody needs to dispose it.
    private SemaphoreSlim? _gets;
    private SemaphoreSlim? _pages;
    private volatile bool _gone;

    /// <summary>What is under way.</summary>
    public InFlightWindow Window { get; } = new(context.Options.SessionRequestsMax, bytesMax);

    /// <summary>Whether nobody is there any more to take a reply: nothing large is read for it.</summary>
    public bool IsGone => _gone;

    /// <summary>The stream has ended, or broke.</summary>
    public void Gone() => _gone = true;

    /// <summary>Runs a request beside the reader; its reply, if it gives one, carries the request id.</summary>
    public Task StartAsync(uint requestId, Func<Task<WireMessage?>> request, long bodyBytes = 0)
    {
        var charged = SmallRequestBytes + bodyBytes;
        if (!context.Budget.TryTake(charged)) return OverloadedAsync(requestId);
        Window.Enter(charged);
        _ = RunAsync(requestId, request, charged);
        return Task.CompletedTask;
    }

    /// <summary>Counts requests out.</summary>
    public void Leave(long bytesCharged, int requests = 1)
    {
        context.Budget.Give(bytesCharged);
        Window.Leave(bytesCharged, requests);
    }

    /// <summary>A turn for one content's bytes: a few at a time, the rest waits as small requests.</summary>
    public Task<Turn> TurnAsync() => TurnAsync(Volatile.Read(ref _gets) ?? Interlocked.CompareExchange(ref _gets, new SemaphoreSlim(GetsAtOnce), null) ?? _gets);

    /// <summary>A turn for one page.</summary>
    public Task<Turn> PageTurnAsync() => TurnAsync(Volatile.Read(ref _pages) ?? Interlocked.CompareExchange(ref _pages, new SemaphoreSlim(PagesAtOnce), null) ?? _pages);

    /// <summary>Sends a message; a stream that breaks meanwhile ends through its reader.</summary>
    public Task SendQuietlyAsync(uint requestId, WireMessage message) => QuietlyAsync(frames.SendAsync(requestId, message));

    /// <summary>Sends several in one write.</summary>
    public Task SendAllQuietlyAsync(IReadOnlyList<WireFrame> replies) => QuietlyAsync(frames.SendAllAsync(replies));

    /// <summary>Refuses a request.</summary>
    public Task RefuseAsync(uint requestId, ErrorCode code, string text, uint retryAfterMs)
    {
        context.Instruments.Refused(code);
        return SendQuietlyAsync(requestId, new ErrorMessage(code, retryAfterMs, text));
    }

    /// <summary>Refuses a request that would pass the ceiling of what is under way in all sessions.</summary>
    public Task OverloadedAsync(uint requestId) =>
        RefuseAsync(requestId, ErrorCode.RelayOverloaded, Refusals.TextOf(ErrorCode.RelayOverloaded), (uint)context.Options.RetryAfterMs);

    private static async Task<Turn> TurnAsync(SemaphoreSlim turns)
    {
        await turns.WaitAsync();
        return new Turn(turns);
    }

    private async Task RunAsync(uint requestId, Func<Task<WireMessage?>> request, long charged)
    {
        WireMessage? reply;
        try
        {
            reply = await request();
        }
        catch (Exception fault)
        {
            GatewaySession.LogSessionFault(context.Log, fault.GetType().Name, fault.StackTrace);
            reply = Refusals.Error(context, ErrorCode.Internal);
        }

        if (reply is not null) await SendQuietlyAsync(requestId, reply);
        Leave(charged);
    }

    private async Task QuietlyAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (ChannelException broken)
        {
            GatewaySession.LogBroken(context.Log, broken.Failure);
            Gone();
            await frames.DisposeAsync();
        }
        catch (Exception fault)
        {
            GatewaySession.LogSessionFault(context.Log, fault.GetType().Name, fault.StackTrace);
            Gone();
            await frames.DisposeAsync();
        }
    }

    internal readonly struct Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
