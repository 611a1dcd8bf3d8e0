using System.Security.Cryptography;
using System.Threading.Channels;
using ZeroK.Content;
using ZeroK.Wire;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Content;

/// <summary>Encrypts, then hashes: seals a stream segment by segment and computes the sealed object's hash and outboard on the way, in one pass.</summary>
/// <remarks>Two windows are under way, so that one is read and sealed while the other is hashed and kept: 4 MiB, whatever the length.</remarks>
internal static class ContentSealer
{
    private const int WindowSegments = 16;
    private const int Windows = 3;

    /// <summary>Seals a stream.</summary>
    /// <param name="cipher">The object's cipher, whose layout says the length.</param>
    /// <param name="source">Read from where it stands to its end; must have exactly that length left.</param>
    /// <param name="stage">Takes the sealed object and its outboard.</param>
    /// <param name="progress">Told the bytes sealed so far, padding left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sealed object's hash: its address.</returns>
    /// <exception cref="ContentException">The source has another length.</exception>
    public static async Task<ContentHash> SealAsync(SegmentCipher cipher, Stream source, IStagedObject stage, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var full = NewChannel.CreateBounded<Window>(Windows);
        var free = NewChannel.CreateBounded<byte[]>(Windows);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        for (var i = 0; i < Windows; i++) free.Writer.TryWrite(LargeBuffers.Rent(WindowSegments * SealedLayout.SegmentSize));
        try
        {
            var hashing = Task.Run(() => HashAsync(cipher.Layout, full.Reader, free.Writer, stage, ending), CancellationToken.None);
            try
            {
                await SealWindowsAsync(cipher, source, full.Writer, free.Reader, progress, ending.Token).ConfigureAwait(false);
                full.Writer.Complete();
            }
            catch (Exception e)
            {
                full.Writer.Complete(e);

                // Where hashing failed first, its reason is the one to tell.
                if (e is not OperationCanceledException || cancellationToken.IsCancellationRequested) await ((Task)hashing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                else await hashing.ConfigureAwait(false);
                throw;
            }

            return await hashing.ConfigureAwait(false);
        }
        finally
        {
            while (free.Reader.TryRead(out var buffer)) LargeBuffers.Return(buffer);
        }
    }

    private static async Task SealWindowsAsync(SegmentCipher cipher, Stream source, ChannelWriter<Window> full, ChannelReader<byte[]> free, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var layout = cipher.Layout;
        var text = LargeBuffers.Rent(WindowSegments * SealedLayout.TextSize);
        long done = 0;
        try
        {
            for (long segment = 0; segment < layout.SegmentCount; segment += WindowSegments)
            {
                var end = Math.Min(segment + WindowSegments, layout.SegmentCount);
                var textBytes = (int)Math.Min((long)WindowSegments * SealedLayout.TextSize, layout.PaddedLength - (segment * SealedLayout.TextSize));
                var wanted = (int)Math.Min(textBytes, layout.Length - done);
                var count = await source.ReadAtLeastAsync(text.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                if (count < wanted) throw new ContentException($"The content ended after {done + count} bytes of the {layout.Length} that were announced: it changed while it was read. Start again.");
                text.AsSpan(count, textBytes - count).Clear();
                done += count;

                var buffer = await free.ReadAsync(cancellationToken).ConfigureAwait(false);
                var (at, into) = (0, 0);
                for (var index = segment; index < end; index++)
                {
                    var size = layout.TextSizeOf(index);
                    cipher.Seal(index, text.AsSpan(at, size), buffer.AsSpan(into));
                    (at, into) = (at + size, into + size + SealedLayout.TagSize);
                }

                await full.WriteAsync(new Window(buffer, segment * SealedLayout.SegmentSize, into), cancellationToken).ConfigureAwait(false);
                progress?.Report(done);
            }

            if (await source.ReadAsync(text.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) > 0)
                throw new ContentException($"The content is longer than the {layout.Length} bytes that were announced: it changed while it was read. Start again.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            LargeBuffers.Return(text);
        }
    }

    private static async Task<ContentHash> HashAsync(SealedLayout layout, ChannelReader<Window> full, ChannelWriter<byte[]> free, IStagedObject stage, CancellationTokenSource ending)
    {
        try
        {
            var builder = new OutboardBuilder(layout.Tree, stage.WriteOutboard);
            await foreach (var window in full.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                try
                {
                    var bytes = window.Buffer.AsSpan(0, window.Length);
                    stage.WriteContent(window.Offset, bytes);
                    builder.Update(bytes);
                }
                finally
                {
                    free.TryWrite(window.Buffer);
                }
            }

            return builder.Finish();
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private readonly record struct Window(byte[] Buffer, long Offset, int Length);
}
