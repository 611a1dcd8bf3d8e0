using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Client.Keys;

namespace ZeroK.Content.Tests.Client;

/// <summary>Seals bytes in memory, with fixed keys.</summary>
internal sealed class Sealed : IDisposable
{
    public static readonly ContentId FixedId = new(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    private Sealed(KeyRing keys, ContentId id, SealedLayout layout, byte[] ciphertext, byte[] outboard, ContentHash hash) =>
        (Keys, Id, Layout, Ciphertext, Outboard, Hash) = (keys, id, layout, ciphertext, outboard, hash);

    public KeyRing Keys { get; }

    public ContentId Id { get; }

    public SealedLayout Layout { get; }

    public byte[] Ciphertext { get; }

    public byte[] Outboard { get; }

    public ContentHash Hash { get; }

    public static KeyRing FixedKeys(uint epoch = 1)
    {
        using var secret = GroupSecret.Import(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), source: null);
        return new KeyRing(secret, epoch);
    }

    public static async Task<Sealed> MakeAsync(byte[] content, ContentId? id = null)
    {
        var keys = FixedKeys();
        var layout = new SealedLayout(content.Length);
        var contentId = id ?? ContentId.New();
        using var cipher = new SegmentCipher(keys, contentId, layout);
        using var stage = new MemoryStagedObject();
        using var source = new MemoryStream(content);
        var hash = await ContentSealer.SealAsync(cipher, source, stage, null, CancellationToken.None);
        return new Sealed(keys, contentId, layout, stage.Content, stage.Outboard, hash);
    }

    /// <summary>Opens a range out of a ciphertext, in pieces of a size.</summary>
    public async Task<byte[]> OpenAsync(long offset, long length, byte[]? ciphertext = null, int piece = int.MaxValue)
    {
        using var cipher = new SegmentCipher(Keys, Id, Layout);
        using var reader = new SegmentReader(cipher, offset, length);
        using var plain = new MemoryStream();
        var (start, count) = reader.SealedBytes;
        var needed = (ciphertext ?? Ciphertext).AsMemory((int)start, (int)count);
        while (!needed.IsEmpty)
        {
            var now = Math.Min(piece, needed.Length);
            await reader.AddAsync(needed[..now], plain, CancellationToken.None);
            needed = needed[now..];
        }

        Assert(reader.IsDone);
        return plain.ToArray();
    }

    public void Dispose() => Keys.Dispose();

    private static void Assert(bool isDone) => Xunit.Assert.True(isDone);
}
