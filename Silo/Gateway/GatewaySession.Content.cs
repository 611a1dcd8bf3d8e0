using ZeroK.Content;
using ZeroK.Storage.Content;
using ZeroK.Wire;

namespace ZeroK.Gateway;

// Contents: straight to the relay's content service, not through a group's grain; large bytes don't cross silos in calls.
internal sealed partial class GatewaySession
{
    private const int GetsAtOnce = 2;

    // Most sessions never get a content. It holds nothing of the system's, so nobody needs to dispose it.
    private SemaphoreSlim? _gets;

    private Task TakeContentAsync(uint requestId, WireMessage message)
    {
        if (_context.Contents is not { } contents) return RefuseAsync(requestId, ErrorCode.NotSupported, Refusals.TextOf(ErrorCode.NotSupported), 0);
        return message switch
        {
            ContentPut put => StartAsync(requestId, () => PutAsync(contents, put)),
            ContentPiece piece => StartAsync(requestId, () => PieceAsync(contents, piece), piece.Encoding.Length),
            ContentRef finish => StartAsync(requestId, () => FinishAsync(contents, finish)),
            ContentGet get => StartAsync(requestId, () => GetAsync(requestId, contents, get)),
            ContentRelease release => StartAsync(requestId, () => ReleaseAsync(contents, release)),
            _ => throw new InvalidOperationException($"{message.Type} is no content message."),
        };
    }

    private async Task<WireMessage?> PutAsync(ContentService contents, ContentPut put)
    {
        var answer = await contents.BeginAsync(KeyOf(put.Hash), _device, put.SizeBytes, CancellationToken.None);

        // No room: the figures go along, so that the app can say what it needs.
        if (answer.Code is not (ErrorCode.None or ErrorCode.GroupQuotaExceeded)) return Error(answer.Code);
        if (answer.Code != ErrorCode.None) _context.Instruments.Refused(answer.Code);
        return new ContentState(answer.Code, answer.IsStored, (ulong)answer.HeldBytes, (ulong)contents.GroupBytesMax, (ulong)answer.UsedBytes);
    }

    private async Task<WireMessage?> PieceAsync(ContentService contents, ContentPiece piece)
    {
        var code = await contents.WriteAsync(KeyOf(piece.Hash), piece.SizeBytes, piece.Offset, piece.Count, piece.Encoding, CancellationToken.None);
        LargeBuffers.Return(piece.Encoding);
        return code == ErrorCode.None ? new Ok() : Error(code);
    }

    private async Task<WireMessage?> FinishAsync(ContentService contents, ContentRef finish) =>
        await contents.FinishAsync(KeyOf(finish.Hash), _device, finish.SizeBytes, CancellationToken.None) is var code and not ErrorCode.None ? Error(code) : new ContentAck(finish.Hash);

    private async Task<WireMessage?> GetAsync(uint requestId, ContentService contents, ContentGet get)
    {
        // A few at a time: the rest of what a session asks for at once waits here as small requests.
        using var turn = await TurnAsync();
        var asked = Math.Min((long)get.Count, WireLimits.ContentPieceBytesMax) + 2 * new ContentTree(0).GroupSize;
        if (!_context.Budget.TryTake(asked)) return Error(ErrorCode.RelayOverloaded);
        _window.Grow(asked);
        try
        {
            await _context.Pulls.WaitAsync();
            RunAnswer answer;
            try
            {
                answer = await contents.ReadAsync(KeyOf(get.Hash), get.SizeBytes, get.Offset, get.Count, CancellationToken.None);
            }
            finally
            {
                _context.Pulls.Release();
            }

            if (answer.Code != ErrorCode.None) return Error(answer.Code);

            // Sent here, so that the bytes count until the channel has them.
            await SendQuietlyAsync(requestId, new ContentPart(answer.Encoding));
            LargeBuffers.Return(answer.Encoding);
            return null;
        }
        finally
        {
            _window.Grow(-asked);
            _context.Budget.Give(asked);
        }
    }

    private async Task<Turn> TurnAsync()
    {
        var gets = Volatile.Read(ref _gets) ?? Interlocked.CompareExchange(ref _gets, new SemaphoreSlim(GetsAtOnce), null) ?? _gets;
        await gets.WaitAsync();
        return new Turn(gets);
    }

    private async Task<WireMessage?> ReleaseAsync(ContentService contents, ContentRelease release) =>
        await contents.ReleaseAsync(KeyOf(release.Hash), _device, CancellationToken.None) is var code and not ErrorCode.None ? Error(code) : new Ok();

    private ContentKey KeyOf(ReadOnlyMemory<byte> hash) => new(_group, new ContentHash(hash.Span));

    private readonly struct Turn(SemaphoreSlim gets) : IDisposable
    {
        public void Dispose() => gets.Release();
    }
}
