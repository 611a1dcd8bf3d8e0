using ZeroK.Channel;
using ZeroK.Client.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>A fake relay's side streams: what came on each, in the order in which they were opened.</summary>
internal sealed class FakeSides
{
    private readonly Lock _gate = new();
    private readonly List<List<WireMessage>> _messages = [];

    /// <summary>Streams are refused with this code.</summary>
    public ErrorCode Refuse { get; set; }

    /// <summary>A stream is ended by the relay once it has taken so many messages; 0: never.</summary>
    public int EndAfter { get; set; }

    /// <summary>Streams that are open now.</summary>
    public int Open { get; private set; }

    /// <summary>Streams that their client has closed in order.</summary>
    public int Closed { get; private set; }

    /// <summary>What came on each stream.</summary>
    public IReadOnlyList<IReadOnlyList<WireMessage>> Messages
    {
        get
        {
            lock (_gate) return [.. _messages.Select(m => m.ToArray())];
        }
    }

    public async Task ServeAsync(MemoryContentRelay contents, IFrameChannel channel)
    {
        try
        {
            while (true)
            {
                var stream = await (await channel.AcceptSideStreamAsync()).OpenAsync();
                _ = ServeAsync(contents, stream);
            }
        }
        catch (ChannelException)
        {
            // The session is over.
        }
    }

    private async Task ServeAsync(MemoryContentRelay contents, IFrameStream stream)
    {
        var came = new List<WireMessage>();
        lock (_gate)
        {
            _messages.Add(came);
            Open++;
        }

        try
        {
            if (Refuse != ErrorCode.None) await stream.SendAsync(0, new ErrorMessage(Refuse, 0, ""));
            else await ReadAsync(contents, stream, came);
            lock (_gate) Open--;
            await stream.CompleteAsync();
        }
        catch (ChannelException)
        {
            lock (_gate) Open--;
        }
    }

    private async Task ReadAsync(MemoryContentRelay contents, IFrameStream stream, List<WireMessage> came)
    {
        var replies = new List<Task>();
        while (await stream.ReceiveAsync() is { } frame)
        {
            int count;
            lock (_gate)
            {
                came.Add(frame.Message);
                count = came.Count;
            }

            if (EndAfter > 0 && count > EndAfter) return;
            replies.Add(ContentAnswers.ReplyAsync(contents, stream, frame.RequestId, frame.Message));
        }

        await Task.WhenAll(replies);
        lock (_gate) Closed++;
    }
}
