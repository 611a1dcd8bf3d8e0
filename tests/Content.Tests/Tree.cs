using System.Buffers;
using Xunit;

namespace ZeroK.Content.Tests;

/// <summary>An object in memory with its tree, and a decoding that checks each byte it is handed against the object.</summary>
internal sealed class Tree
{
    public Tree(byte[] content, int chunkGroupLog)
    {
        Content = content;
        Shape = new ContentTree(content.Length, chunkGroupLog);
        Outboard = OutboardBuilder.Compute(content, out var hash, chunkGroupLog);
        Hash = hash;
    }

    public byte[] Content { get; }

    public ContentTree Shape { get; }

    public byte[] Outboard { get; }

    public ContentHash Hash { get; }

    public byte[] Encode(ChunkRange range)
    {
        var output = new ArrayBufferWriter<byte>();
        var encoder = new RangeEncoder(Hash, Shape, range);
        while (encoder.Next is { Source: not TreeSource.None } read)
            Assert.True(encoder.Supply((read.Source == TreeSource.Content ? Content : Outboard).AsSpan((int)read.Offset, read.Length), output));
        Assert.True(encoder.IsDone);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Bao's own form: the length, then the encoding.</summary>
    public byte[] EncodeWithLength(ChunkRange range)
    {
        var prefix = new byte[ContentTree.LengthPrefixSize];
        Shape.WriteLengthPrefix(prefix);
        return [.. prefix, .. Encode(range)];
    }

    /// <summary>The verified bytes of an encoding with the length in front; null if it is refused or cut off. A wrong byte that is handed out fails the test.</summary>
    public byte[]? DecodeWithLength(byte[] encoded, Func<ContentTree, ChunkRange> range, int piece)
        => ContentTree.TryReadLengthPrefix(encoded, Shape.ChunkGroupLog, out var claimed)
            ? Decode(claimed, range(claimed), encoded.AsSpan(ContentTree.LengthPrefixSize), piece)
            : null;

    public byte[]? Decode(ContentTree claimed, ChunkRange range, ReadOnlySpan<byte> encoded, int piece)
    {
        var decoder = new RangeDecoder(Hash, claimed, range);
        var verified = new MemoryStream();
        while (true)
        {
            var result = decoder.Read(encoded[..Math.Min(piece, encoded.Length)], out var consumed, out var part);
            encoded = encoded[consumed..];
            if (result == DecodeResult.NeedsMore && encoded.IsEmpty) return null;
            if (result == DecodeResult.Refused)
            {
                Assert.False(decoder.IsDone);
                Assert.Equal(DecodeResult.Refused, decoder.Read(encoded, out _, out _));
                return null;
            }

            if (result == DecodeResult.Done)
            {
                Assert.True(decoder.IsDone);
                return verified.ToArray();
            }

            Check(decoder, result, part);
            if (result == DecodeResult.Content) verified.Write(part.Bytes);
        }
    }

    private void Check(RangeDecoder decoder, DecodeResult result, VerifiedPart part)
    {
        if (result == DecodeResult.Content)
        {
            Assert.True(part.Offset + part.Bytes.Length <= Content.Length, "Bytes past the object's end were handed out.");
            Assert.True(part.Bytes.SequenceEqual(Content.AsSpan((int)part.Offset, part.Bytes.Length)), "Bytes that are not the object's were handed out.");
            Assert.Equal(part.Offset + part.Bytes.Length, decoder.VerifiedThrough);
        }
        else if (result == DecodeResult.Parent && part.Offset >= 0 && decoder.IsLengthVerified)
        {
            Assert.True(part.Bytes.SequenceEqual(Outboard.AsSpan((int)part.Offset, part.Bytes.Length)), "A parent that is not the outboard's was handed out.");
        }
    }
}
