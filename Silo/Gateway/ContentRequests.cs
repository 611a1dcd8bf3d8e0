using ZeroK.Content;
using ZeroK.Storage.Content;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>A session's contents, on whichever of its streams they are asked for: straight to the relay's content service, not through a group's grain; large bytes don't cross silos in calls.</summary>
internal sealed class ContentRequests(GatewayContext context, Guid group, byte[] device)
{
    /// <summary>Whether it is one of the messages for here.</summary>
    public static bool Takes(WireMessage message) => message is ContentPut or ContentPiece or ContentRef or ContentGet or ContentRelease;

    /// <summary>Starts what a message asks for.</summary>
    public Task TakeAsync(RequestStream stream, uint requestId, WireMessage message)
    {
        if (context.Contents is not { } contents) return stream.RefuseAsync(requestId, ErrorCode.NotSupported, Refusals.TextOf(ErrorCode.NotSupported), 0);
        return message switch
        {
            ContentPut put => stream.StartAsync(requestId, () => PutAsync(contents, put)),
            ContentPiece piece => stream.StartAsync(requestId, () => PieceAsync(contents, piece), piece.Encoding.Length),
            ContentRef finish => stream.StartAsync(requestId, () => FinishAsync(contents, finish)),
            ContentGet get => stream.StartAsync(requestId, () => GetAsync(stream, requestId, contents, get)),
            ContentRelease release => stream.StartAsync(requestId, () => ReleaseAsync(contents, release)),
            _ => throw new InvalidOperationException($"{message.Type} is no content message."),
        };
    }

    private async Task<WireMessage?> PutAsync(ContentService contents, ContentPut put)
    {
        var answer = await contents.BeginAsync(KeyOf(put.Hash), device, put.SizeBytes, CancellationToken.None);

        // No room: the figures go along, so that the app can say what it needs.
        if (answer.Code is not (ErrorCode.None or ErrorCode.GroupQuotaExceeded)) return Error(answer.Code);
        if (answer.Code != ErrorCode.None) context.Instruments.Refused(answer.Code);
        return new ContentState(answer.Code, answer.IsStored, (ulong)answer.HeldBytes, (ulong)contents.GroupBytesMax, (ulong)answer.UsedBytes);
    }

    private async Task<WireMessage?> PieceAsync(ContentService contents, ContentPiece piece)
    {
        var code = await contents.WriteAsync(KeyOf(piece.Hash), piece.SizeBytes, piece.Offset, piece.Count, piece.Encoding, CancellationToken.None);
        LargeBuffers.Return(piece.Encoding);
        return code == ErrorCode.None ? new Ok() : Error(code);
    }

    private async Task<WireMessage?> FinishAsync(ContentService contents, ContentRef finish) =>
        await contents.FinishAsync(KeyOf(finish.Hash), device, finish.SizeBytes, CancellationToken.None) is var code and not ErrorCode.None ? Error(code) : new ContentAck(finish.Hash);

    private async Task<WireMessage?> GetAsync(RequestStream stream, uint requestId, ContentService contents, ContentGet get)
    {
        // A few at a time: the rest of what a session asks for at once waits here as small requests.
        using var turn = await stream.TurnAsync();
        if (stream.IsGone) return null;
        using var charge = new Charge(context.Budget, stream.Window);
        await context.Pulls.WaitAsync();
        RunAnswer answer;
        try
        {
            // Charged at its largest before the store is asked for it.
            if (!charge.TrySet(Math.Min((long)get.Count, WireLimits.ContentPieceBytesMax) + 2 * new ContentTree(0).GroupSize)) return Error(ErrorCode.RelayOverloaded);
            answer = await contents.ReadAsync(KeyOf(get.Hash), get.SizeBytes, get.Offset, get.Count, CancellationToken.None);
        }
        finally
        {
            context.Pulls.Release();
        }

        if (answer.Code != ErrorCode.None) return Error(answer.Code);

        // Sent here, so that the bytes count until the transport has them.
        await stream.SendQuietlyAsync(requestId, new ContentPart(answer.Encoding));
        LargeBuffers.Return(answer.Encoding);
        return null;
    }

    private async Task<WireMessage?> ReleaseAsync(ContentService contents, ContentRelease release) =>
        await contents.ReleaseAsync(KeyOf(release.Hash), device, CancellationToken.None) is var code and not ErrorCode.None ? Error(code) : new Ok();

    private ContentKey KeyOf(ReadOnlyMemory<byte> hash) => new(group, new ContentHash(hash.Span));

    private ErrorMessage Error(ErrorCode code) => Refusals.Error(context, code);
}
