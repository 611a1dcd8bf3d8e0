using System.Diagnostics;
using System.Security.Cryptography;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Client.Keys;
using ZeroK.Content;

namespace ZeroK.Bench.Content;

/// <summary>Sealing and hashing in one pass, beside each primitive alone on one thread; all in memory, in rounds that take turns.</summary>
internal static class SealBench
{
    private const int Rounds = 5;

    public static async Task RunAsync(int mebibytes, Figures figures)
    {
        var bytes = mebibytes * 1048576L;
        var (aead, blake3, both) = (0d, 0d, 0d);
        using var secret = GroupSecret.Random();
        using var keys = new KeyRing(secret, 1);
        for (var i = 0; i < Rounds; i++)
        {
            aead = Math.Max(aead, Rate(bytes, Seal));
            blake3 = Math.Max(blake3, Rate(bytes, Hash));
            using var cipher = new SegmentCipher(keys, ContentId.New(), new SealedLayout(bytes));
            var clock = Stopwatch.StartNew();
            await ContentSealer.SealAsync(cipher, new Zeros(bytes), new NoStage(), null, CancellationToken.None);
            both = Math.Max(both, bytes / clock.Elapsed.TotalSeconds / 1e6);
        }

        figures.Add("ChaCha20-Poly1305 alone, 64 KiB segments, one thread", aead, "MB/s");
        figures.Add("BLAKE3 with its outboard alone, one thread", blake3, "MB/s");
        figures.AddAtLeast("sealing and hashing in one pass: part of the slower primitive", both / Math.Min(aead, blake3), $"({both:0} MB/s)", 0.6);
    }

    private static double Rate(long bytes, Action<long> run)
    {
        var clock = Stopwatch.StartNew();
        run(bytes);
        return bytes / clock.Elapsed.TotalSeconds / 1e6;
    }

    private static void Seal(long bytes)
    {
        using var cipher = new ChaCha20Poly1305(new byte[32]);
        var (text, sealedText, nonce) = (new byte[SealedLayout.TextSize], new byte[SealedLayout.SegmentSize], new byte[12]);
        for (long done = 0; done < bytes; done += text.Length)
            cipher.Encrypt(nonce, text, sealedText.AsSpan(0, text.Length), sealedText.AsSpan(text.Length));
    }

    private static void Hash(long bytes)
    {
        var builder = new OutboardBuilder(new ContentTree(bytes), (_, _) => { });
        var piece = new byte[1 << 20];
        for (long done = 0; done < bytes; done += piece.Length) builder.Update(piece.AsSpan(0, (int)Math.Min(piece.Length, bytes - done)));
        builder.Finish();
    }

    private sealed class NoStage : IStagedObject
    {
        public void WriteContent(long offset, ReadOnlySpan<byte> bytes)
        {
        }

        public int ReadContent(long offset, Span<byte> destination) => 0;

        public void WriteOutboard(long offset, ReadOnlySpan<byte> parents)
        {
        }

        public int ReadOutboard(long offset, Span<byte> destination) => 0;

        public void Dispose()
        {
        }
    }

    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Take(count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Take(buffer.Length));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Take(int count)
        {
            count = (int)Math.Min(count, _left);
            _left -= count;
            return count;
        }
    }
}
