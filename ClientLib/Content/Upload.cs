using System.Buffers;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>Sends one staged object to the relay, from where the relay has it verified; each piece is checked against the tree before it leaves.</summary>
internal sealed class Upload(IContentPort port, TransferWindow window, ContentReference item, IStagedObject stage, Retries retries, Action<long, long> moved)
{
    private const int PiecesMax = 8;

    private readonly ContentTree _tree = item.Layout.Tree;

    /// <summary>Runs to the end; when it returns, the relay has the object on stable storage.</summary>
    /// <exception cref="ContentRefusedException">The relay refused for good, or too often.</exception>
    /// <exception cref="ContentException">The staged object is damaged.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var state = await port.BeginPutAsync(item.Hash, _tree.Length, cancellationToken).ConfigureAwait(false);
                if (!state.IsStored)
                {
                    await SendFromAsync(Math.Min(state.Held, _tree.Length) / _tree.GroupSize * _tree.GroupSize, cancellationToken).ConfigureAwait(false);
                    await port.FinishPutAsync(item.Hash, _tree.Length, cancellationToken).ConfigureAwait(false);
                }

                moved(_tree.Length, 0);
                return;
            }
            catch (Exception e) when (e is IOException or ContentRefusedException && !cancellationToken.IsCancellationRequested)
            {
                if (!await retries.AgainAsync(e, cancellationToken).ConfigureAwait(false)) throw;
            }
        }
    }

    private async Task SendFromAsync(long start, CancellationToken cancellationToken)
    {
        var underWay = new Queue<(long End, Task<int> Sent)>();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        moved(start, 0);
        try
        {
            for (var next = start; next < _tree.Length || underWay.Count > 0;)
            {
                while (next < _tree.Length && underWay.Count < PiecesMax)
                {
                    var (offset, count) = (next, (int)Math.Min(window.PieceBytes, _tree.Length - next));
                    if (underWay.Count == 0) await window.EnterAsync(count, cancellationToken).ConfigureAwait(false);
                    else if (!window.TryEnter(count)) break;
                    underWay.Enqueue((offset + count, window.MoveAsync(count, () => SendAsync(offset, count, ending.Token))));
                    next += count;
                }

                var (end, sent) = underWay.Peek();
                var bytes = await sent.ConfigureAwait(false);
                underWay.Dequeue();
                retries.Progressed();
                moved(end, bytes);
            }
        }
        finally
        {
            // None may still read its buffer, or be half sent, when this ends.
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var (_, sent) in underWay) await ((Task)sent).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<int> SendAsync(long offset, int count, CancellationToken cancellationToken)
    {
        var encoding = new LargeWriter((int)_tree.EncodedSizeOf(Pieces.RangeOf(offset, count)));
        try
        {
            Encode(offset, count, encoding);
            await port.PutAsync(item.Hash, _tree.Length, offset, count, encoding.Written, cancellationToken).ConfigureAwait(false);
            return encoding.Written.Length;
        }
        finally
        {
            LargeBuffers.Return(encoding.Written);
        }
    }

    private void Encode(long offset, int count, LargeWriter encoding)
    {
        var encoder = new RangeEncoder(item.Hash, _tree, Pieces.RangeOf(offset, count));
        var buffer = ArrayPool<byte>.Shared.Rent(_tree.GroupSize);
        try
        {
            while (encoder.Next is { Source: not TreeSource.None } read)
            {
                var bytes = buffer.AsSpan(0, read.Length);
                var got = read.Source == TreeSource.Content ? stage.ReadContent(read.Offset, bytes) : stage.ReadOutboard(read.Offset, bytes);
                if (got < read.Length || !encoder.Supply(bytes, encoding))
                    throw new ContentException($"The sealed copy on this device is damaged near byte {encoder.VerifiedThrough}, and nothing of that was sent. Drop this transfer and put the content again.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>Pieces of an object: runs of whole groups.</summary>
internal static class Pieces
{
    /// <summary>The chunks of a run of bytes that begins at a group.</summary>
    public static ChunkRange RangeOf(long offset, int count) => new(offset / Blake3.ChunkSize, (offset + count + Blake3.ChunkSize - 1) / Blake3.ChunkSize);
}
