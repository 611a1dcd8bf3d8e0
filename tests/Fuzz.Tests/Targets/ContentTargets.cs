using System.Buffers;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Client.Keys;
using ZeroK.Content;
using ZeroK.Fuzz.Tests.Engine;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>Large contents: references, manifests, unfinished transfers, and the verified stream itself.</summary>
internal static class ContentTargets
{
    private static readonly ContentReference Plain = new() { Id = new ContentId(Filled(1)), Epoch = 1, Length = 5000, Hash = new ContentHash(Filled(2)), Name = "a.txt", MediaType = "text/plain" };
    private static readonly ContentReference WithPreview = Plain with { Name = "bild.jpg", MediaType = "image/jpeg", Preview = Plain with { Name = null } };
    private static readonly byte[] Object = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i % 251))];
    private static readonly KeyRing Keys = MakeKeys();
    private static readonly ContentTree Tree = new(Object.Length, chunkGroupLog: 0);
    private static readonly ContentHash Hash = Blake3.Hash(Object);
    private static readonly byte[] Outboard = OutboardBuilder.Compute(Object, out _, 0);

    public static FuzzTarget Reference { get; } = new("content-reference", [Plain.ToBytes(), WithPreview.ToBytes()], static bytes => ContentReference.TryRead(bytes, out var reference) ? reference : null)
    {
        Verify = static (bytes, value) => Same(bytes, ((ContentReference)value).ToBytes()),
    };

    public static FuzzTarget Manifest { get; } = new("content-manifest", [Client.Content.Manifest.Write([Plain, WithPreview]), Client.Content.Manifest.Write([])], static bytes => Client.Content.Manifest.TryRead(bytes, out var members) ? members : null)
    {
        Verify = static (bytes, value) => Same(bytes, Client.Content.Manifest.Write((IReadOnlyList<ContentReference>)value)),
    };

    public static FuzzTarget Transfer { get; } = new("content-transfer", [new TransferRecord { Kind = TransferKind.Put, Reference = WithPreview, Objects = [Plain] }.ToBytes(), new TransferRecord { Kind = TransferKind.Get, Reference = Plain }.ToBytes()], static bytes => TransferRecord.TryRead(bytes, out var record) ? record : null)
    {
        Verify = static (bytes, value) => Same(bytes, ((TransferRecord)value).ToBytes()),
    };

    /// <summary>A range's encoding: nothing but the object's own bytes is ever handed out.</summary>
    public static FuzzTarget Range { get; } = new("content-range", [Encode()], static bytes =>
    {
        var decoder = new RangeDecoder(Hash, Tree, Tree.All);
        ReadOnlySpan<byte> rest = bytes;
        while (true)
        {
            var result = decoder.Read(rest, out var consumed, out var part);
            rest = rest[consumed..];
            if (result is DecodeResult.Content && !part.Bytes.SequenceEqual(Object.AsSpan((int)part.Offset, part.Bytes.Length))) throw new InvalidOperationException("Bytes were handed out that are not the object's.");
            if (result is DecodeResult.Done) return decoder.VerifiedThrough;
            if (result is DecodeResult.Refused or DecodeResult.NeedsMore) return null;
        }
    });

    /// <summary>A sealed segment: only what was sealed opens.</summary>
    public static FuzzTarget Segment { get; } = new("content-segment", [SealSegment()], static bytes =>
    {
        using var cipher = new SegmentCipher(Keys, Plain.Id, new SealedLayout(Object.Length));
        var text = new byte[SealedLayout.TextSize];
        return cipher.TryOpen(0, bytes, text) ? text : null;
    })
    {
        Verify = static (bytes, value) =>
        {
            Same(bytes, SealSegment());
            Same(((byte[])value)[..Object.Length], Object);
        },
    };

    /// <summary>The claimed length in front of a Bao encoding.</summary>
    public static FuzzTarget Length { get; } = new("content-length", [[0x88, 0x13, 0, 0, 0, 0, 0, 0]], static bytes => ContentTree.TryReadLengthPrefix(bytes, 4, out var tree) ? tree : null)
    {
        Verify = static (bytes, value) =>
        {
            var again = new byte[ContentTree.LengthPrefixSize];
            ((ContentTree)value).WriteLengthPrefix(again);
            Same(bytes[..ContentTree.LengthPrefixSize], again);
        },
    };

    private static KeyRing MakeKeys()
    {
        using var secret = GroupSecret.Import(Enumerable.Range(0, GroupSecret.Size).Select(i => (byte)i).ToArray(), source: null);
        return new KeyRing(secret, 1);
    }

    private static byte[] SealSegment()
    {
        using var cipher = new SegmentCipher(Keys, Plain.Id, new SealedLayout(Object.Length));
        var text = new byte[cipher.Layout.TextSizeOf(0)];
        Object.CopyTo(text, 0);
        var sealedText = new byte[text.Length + SealedLayout.TagSize];
        cipher.Seal(0, text, sealedText);
        return sealedText;
    }

    private static byte[] Encode()
    {
        var encoder = new RangeEncoder(Hash, Tree, Tree.All);
        var output = new ArrayBufferWriter<byte>();
        while (!encoder.IsDone)
        {
            var next = encoder.Next;
            var from = next.Source == TreeSource.Content ? Object : Outboard;
            if (!encoder.Supply(from.AsSpan((int)next.Offset, next.Length), output)) throw new InvalidOperationException("A seed could not be encoded.");
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] Filled(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static void Same(byte[] input, byte[] written)
    {
        if (!input.AsSpan().SequenceEqual(written)) throw new InvalidOperationException("Bytes were accepted that the code would write otherwise.");
    }
}
