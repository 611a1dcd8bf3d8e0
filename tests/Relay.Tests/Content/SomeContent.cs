using System.Buffers;
using ZeroK.Content;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Tests.Content;

/// <summary>An object with its tree, and pieces of it as a client sends them.</summary>
internal sealed class SomeContent
{
    private readonly byte[] _outboard;

    public SomeContent(int size, int seed = 1)
    {
        Bytes = new byte[size];
        new Random(seed).NextBytes(Bytes);
        _outboard = OutboardBuilder.Compute(Bytes, out var hash);
        (Hash, Tree) = (hash, new ContentTree(size));
    }

    public byte[] Bytes { get; }

    public ContentHash Hash { get; }

    public ContentTree Tree { get; }

    public ulong Size => (ulong)Bytes.Length;

    public ContentKey KeyIn(Guid group) => new(group, Hash);

    /// <summary>The range encoding of a run of whole groups.</summary>
    public byte[] Encode(long offset, int count)
    {
        var encoder = new RangeEncoder(Hash, Tree, Tree.RangeOf(offset, count));
        var output = new ArrayBufferWriter<byte>(1024);
        while (!encoder.IsDone)
        {
            var next = encoder.Next;
            encoder.Supply((next.Source == TreeSource.Outboard ? _outboard : Bytes).AsSpan((int)next.Offset, next.Length), output);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Pieces of at most so many bytes, from an offset on.</summary>
    public IEnumerable<(long Offset, int Count)> Pieces(int bytes, long from = 0)
    {
        if (Bytes.Length == 0) yield return (0, 0);
        for (var at = from; at < Bytes.Length; at += bytes) yield return (at, (int)Math.Min(bytes, Bytes.Length - at));
    }

    /// <summary>What a reader makes of a run: the verified bytes, or null.</summary>
    public byte[]? Decode(long offset, int count, ReadOnlySpan<byte> encoding) =>
        PieceRules.Verify(Hash, Tree, offset, count, encoding)?.Bytes.ToArray();
}
