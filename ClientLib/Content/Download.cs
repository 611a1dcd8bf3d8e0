using System.Buffers;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>Fetches one object or a range of it; hands out only what the address vouches for, opened. With a stage it goes on where an earlier try stopped.</summary>
internal sealed class Download(IContentPort port, TransferWindow window, ContentReference item, IStagedObject? stage, SegmentReader reader, Retries retries, Action<long, long> moved)
{
    private const int PiecesMax = 8;

    // A piece that does not verify may have been hit by a passing fault of the relay's store: asked for again this often.
    private const int WrongMax = 2;

    private readonly ContentTree _tree = item.Layout.Tree;
    private int _wrong;

    /// <summary>Runs to the end.</summary>
    /// <param name="destination">Takes the opened bytes, in order.</param>
    /// <param name="cancellationToken">Gives up; what was staged stays.</param>
    /// <exception cref="ContentRefusedException">The relay refused for good, or too often.</exception>
    /// <exception cref="ContentException">The relay's bytes are not the object, or do not open.</exception>
    public async Task RunAsync(Stream destination, CancellationToken cancellationToken)
    {
        var (at, length) = reader.SealedBytes;
        var end = at + length;
        if (stage is not null) at = await ReplayAsync(stage, destination, cancellationToken).ConfigureAwait(false);
        moved(at, 0);
        while (at < end)
        {
            try
            {
                at = await FetchAsync(at, end, destination, cancellationToken).ConfigureAwait(false);
            }
            catch (FetchFailedException e)
            {
                at = e.At;
                if (!cancellationToken.IsCancellationRequested && await retries.AgainAsync(e.InnerException!, cancellationToken).ConfigureAwait(false)) continue;
                cancellationToken.ThrowIfCancellationRequested();
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException!);
            }
        }
    }

    // What an earlier try left, as far as it is good.
    private async Task<long> ReplayAsync(IStagedObject staged, Stream destination, CancellationToken cancellationToken)
    {
        var encoder = new RangeEncoder(item.Hash, _tree, _tree.All);
        var buffer = ArrayPool<byte>.Shared.Rent(_tree.GroupSize);
        try
        {
            while (encoder.Next is { Source: not TreeSource.None } read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bytes = buffer.AsMemory(0, read.Length);
                var got = read.Source == TreeSource.Content ? staged.ReadContent(read.Offset, bytes.Span) : staged.ReadOutboard(read.Offset, bytes.Span);
                if (got < read.Length || !encoder.Supply(bytes.Span, null)) break;
                if (read.Source == TreeSource.Content) await reader.AddAsync(bytes, destination, cancellationToken).ConfigureAwait(false);
            }

            return encoder.VerifiedThrough;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<long> FetchAsync(long at, long end, Stream destination, CancellationToken cancellationToken)
    {
        var underWay = new Queue<(int Count, Task<ReadOnlyMemory<byte>> Encoding)>();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            for (var next = at; at < end;)
            {
                while (next < end && underWay.Count < PiecesMax)
                {
                    var (offset, count) = (next, (int)Math.Min(window.PieceBytes, end - next));
                    if (underWay.Count == 0) await window.EnterAsync(count, cancellationToken).ConfigureAwait(false);
                    else if (!window.TryEnter(count)) break;
                    underWay.Enqueue((count, window.MoveAsync(count, () => port.GetAsync(item.Hash, _tree.Length, offset, count, ending.Token))));
                    next += count;
                }

                var (size, fetching) = underWay.Dequeue();
                var encoding = await ArrivedAsync(fetching, at).ConfigureAwait(false);
                var (good, bytes) = (await TakeAsync(at, size, encoding, destination, cancellationToken).ConfigureAwait(false), encoding.Length);
                port.GiveBack(encoding);
                if (good > 0) retries.Progressed();
                at += good;
                moved(at, bytes);
                if (good < size) throw Wrong(at);
            }

            return at;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var (_, encoding) in underWay) await ((Task)encoding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Failures of the network only: those of the destination are the caller's.
    private static async Task<ReadOnlyMemory<byte>> ArrivedAsync(Task<ReadOnlyMemory<byte>> fetching, long at)
    {
        try
        {
            return await fetching.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ContentRefusedException)
        {
            throw new FetchFailedException(at, e);
        }
    }

    // Keeps the good groups at its beginning, if not all of it is good: a reply that was cut is not lost.
    private async Task<int> TakeAsync(long offset, int count, ReadOnlyMemory<byte> encoding, Stream destination, CancellationToken cancellationToken)
    {
        var buffer = LargeBuffers.Rent(count);
        try
        {
            var good = Decode(offset, count, encoding.Span, buffer);
            stage?.WriteContent(offset, buffer.AsSpan(0, good));
            await reader.AddAsync(buffer.AsMemory(0, good), destination, cancellationToken).ConfigureAwait(false);
            return good;
        }
        finally
        {
            LargeBuffers.Return(buffer);
        }
    }

    private Exception Wrong(long at)
    {
        var what = new ContentException($"What the relay sent for byte {at} and after is not the object of this address: it was changed or cut, on the relay or on the way. None of that was used.");
        return ++_wrong > WrongMax ? what : new FetchFailedException(at, new IOException(what.Message, what));
    }

    // Parents are kept as they are verified: one too many does no harm. Returns the verified bytes.
    private int Decode(long offset, int count, ReadOnlySpan<byte> encoding, Span<byte> content)
    {
        var decoder = new RangeDecoder(item.Hash, _tree, Pieces.RangeOf(offset, count));
        while (true)
        {
            switch (decoder.Read(encoding, out var consumed, out var part))
            {
                case DecodeResult.Parent:
                    if (part.Offset >= 0) stage?.WriteOutboard(part.Offset, part.Bytes);
                    break;
                case DecodeResult.Content:
                    part.Bytes.CopyTo(content[(int)(part.Offset - offset)..]);
                    break;
                default:
                    return (int)(decoder.VerifiedThrough - offset);
            }

            encoding = encoding[consumed..];
        }
    }

    // Says how far it came.
    private sealed class FetchFailedException(long at, Exception why) : Exception(why.Message, why)
    {
        public long At => at;
    }
}
