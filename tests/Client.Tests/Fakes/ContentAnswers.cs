using ZeroK.Channel;
using ZeroK.Client.Content;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>The content messages on one side, the port's twin on the other.</summary>
internal static class ContentAnswers
{
    public static bool Takes(WireMessage message) => message is ContentPut or ContentPiece or ContentRef or ContentGet or ContentRelease;

    /// <summary>Answers, when the relay in memory does.</summary>
    public static async Task ReplyAsync(MemoryContentRelay contents, IFrameStream channel, uint requestId, WireMessage message)
    {
        WireMessage reply;
        try
        {
            reply = await AnswerAsync(contents, message);
        }
        catch (ContentRefusedException e)
        {
            reply = e.Quota is { } quota
                ? new ContentState(e.Code, false, 0, (ulong)quota.LimitBytes, (ulong)quota.UsedBytes)
                : new ErrorMessage(e.Code, e.RetryAfterMs, "");
        }
        catch (IOException)
        {
            reply = new ErrorMessage(ErrorCode.ContentMismatch, 0, "");
        }

        try
        {
            await channel.SendAsync(requestId, reply);
        }
        catch (ChannelException)
        {
            // Cut meanwhile.
        }
    }

    private static async Task<WireMessage> AnswerAsync(MemoryContentRelay contents, WireMessage message)
    {
        switch (message)
        {
            case ContentPut put when put.Hash.Span.IndexOfAnyExcept((byte)0) < 0:
                await contents.AskRoomAsync((long)put.SizeBytes, CancellationToken.None);
                return new ContentState(ErrorCode.None, false, 0, long.MaxValue, 0);
            case ContentPut put:
                var state = await contents.BeginPutAsync(new ContentHash(put.Hash.Span), (long)put.SizeBytes, CancellationToken.None);
                return new ContentState(ErrorCode.None, state.IsStored, (ulong)state.Held, long.MaxValue, 0);
            case ContentPiece piece:
                await contents.PutAsync(new ContentHash(piece.Hash.Span), (long)piece.SizeBytes, (long)piece.Offset, (int)piece.Count, piece.Encoding, CancellationToken.None);
                return new Ok();
            case ContentRef reference:
                await contents.FinishPutAsync(new ContentHash(reference.Hash.Span), (long)reference.SizeBytes, CancellationToken.None);
                return new ContentAck(reference.Hash);
            case ContentGet get:
                return new ContentPart(await contents.GetAsync(new ContentHash(get.Hash.Span), (long)get.SizeBytes, (long)get.Offset, (int)get.Count, CancellationToken.None));
            default:
                await contents.ReleaseAsync(new ContentHash(((ContentRelease)message).Hash.Span), 0, CancellationToken.None);
                return new Ok();
        }
    }
}
