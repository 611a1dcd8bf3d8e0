using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Client;

/// <summary>What a content object is.</summary>
public enum ContentKind : byte
{
    /// <summary>Bytes of the app.</summary>
    Object = 0,
    /// <summary>A manifest that lists the members of a collection.</summary>
    Collection = 1,
}

/// <summary>Says where a large content is and how to open it. It travels sealed, as a blob in the group's order; whoever can read the group's blobs can fetch and open the content.</summary>
/// <remarks>Equal by its bytes. docs/PROTOCOL.md, Content reference.</remarks>
public sealed record ContentReference
{
    /// <summary>Bytes of a name, UTF-8.</summary>
    public const int NameBytesMax = 1024;

    /// <summary>Bytes of a media type, ASCII.</summary>
    public const int MediaTypeBytesMax = 255;

    /// <summary>More than any reference has, in bytes.</summary>
    internal const int BytesMax = 4096;

    private const byte Version = 1, HasPreview = 1;
    private const int FixedSize = 1 + 1 + 1 + ContentId.Size + 4 + 8 + ContentHash.Size + 2 + 1;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Magic => "0ksync/1 content reference"u8;

    /// <summary>The id under which it was sealed.</summary>
    public required ContentId Id { get; init; }

    /// <summary>The key epoch under which it was sealed.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Bytes of the content.</summary>
    public required long Length { get; init; }

    /// <summary>The BLAKE3 hash of the sealed bytes: the address on the relay.</summary>
    public required ContentHash Hash { get; init; }

    /// <summary>Bytes of the app, or a collection.</summary>
    public ContentKind Kind { get; init; }

    /// <summary>The app's name for it; for example a file's name. Null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Its media type (RFC 6838); null if not said.</summary>
    public string? MediaType { get; init; }

    /// <summary>A smaller stand-in, for example a thumbnail: a content of its own. Has no preview itself.</summary>
    public ContentReference? Preview { get; init; }

    /// <summary>Bytes of the sealed object on the relay.</summary>
    public long SealedLength => Layout.SealedLength;

    internal SealedLayout Layout => new(Length);

    /// <summary>Whether this is its name for a person: the same text, composed or decomposed (Unicode's canonical forms look the same, and systems keep file names in either).</summary>
    public bool IsNamed(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Name is null) return false;
        try
        {
            return Keys.UnicodeForms.Normalize(Name, compose: true).AsSpan().SequenceEqual(Keys.UnicodeForms.Normalize(name, compose: true));
        }
        catch (ArgumentException)
        {
            // No text that a name could be: half a surrogate pair.
            return string.Equals(Name, name, StringComparison.Ordinal);
        }
    }

    /// <summary>Reads the payload of a blob; false if it is no content reference.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out ContentReference? reference)
    {
        reference = null;
        return payload.StartsWith(Magic) && TryReadBody(payload[Magic.Length..], mayHavePreview: true, out reference, out var left) && left.IsEmpty;
    }

    /// <summary>The payload of the blob that carries it.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Magic.Length + BodySize(this)];
        Magic.CopyTo(bytes);
        var left = WriteBody(bytes.AsSpan(Magic.Length));
        return left.IsEmpty ? bytes : throw new InvalidOperationException("The reference's size was miscounted.");
    }

    /// <summary>A constant: references are not logged.</summary>
    public override string ToString() => "[content reference]";

    /// <exception cref="ArgumentException">The name or the media type is too long, or is not text.</exception>
    internal static void Check(string? name, string? mediaType)
    {
        if (name is not null && (name.Length == 0 || Utf8.GetByteCount(name) > NameBytesMax)) throw new ArgumentException($"A content's name has 1 to {NameBytesMax} bytes of UTF-8.", nameof(name));
        if (mediaType is not null && (mediaType.Length is 0 or > MediaTypeBytesMax || mediaType.Any(c => c is < '!' or > '~'))) throw new ArgumentException($"A media type has 1 to {MediaTypeBytesMax} ASCII characters without spaces.", nameof(mediaType));
    }

    internal static int BodySize(ContentReference reference) =>
        FixedSize + Utf8.GetByteCount(reference.Name ?? "") + (reference.MediaType?.Length ?? 0) + (reference.Preview is null ? 0 : BodySize(reference.Preview));

    /// <summary>Writes all but the magic; returns what is left of the span.</summary>
    internal Span<byte> WriteBody(Span<byte> to)
    {
        (to[0], to[1], to[2]) = (Version, (byte)Kind, Preview is null ? (byte)0 : HasPreview);
        Id.CopyTo(to[3..]);
        to = to[(3 + ContentId.Size)..];
        BinaryPrimitives.WriteUInt32BigEndian(to, Epoch);
        BinaryPrimitives.WriteInt64BigEndian(to[4..], Length);
        Hash.CopyTo(to[12..]);
        to = to[(12 + ContentHash.Size)..];
        var name = Utf8.GetBytes(Name ?? "", to[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)name);
        to = to[(2 + name)..];
        var media = Encoding.ASCII.GetBytes(MediaType ?? "", to[1..]);
        to[0] = (byte)media;
        to = to[(1 + media)..];
        return Preview is null ? to : Preview.WriteBody(to);
    }

    /// <summary>Reads what <see cref="WriteBody"/> writes.</summary>
    internal static bool TryReadBody(ReadOnlySpan<byte> from, bool mayHavePreview, [NotNullWhen(true)] out ContentReference? reference, out ReadOnlySpan<byte> left)
    {
        reference = null;
        left = from;
        if (from.Length < FixedSize || from[0] != Version || from[1] > (byte)ContentKind.Collection || from[2] > HasPreview || (from[2] == HasPreview && !mayHavePreview)) return false;
        var (kind, hasPreview) = ((ContentKind)from[1], from[2] == HasPreview);
        var id = new ContentId(from.Slice(3, ContentId.Size));
        from = from[(3 + ContentId.Size)..];
        var epoch = BinaryPrimitives.ReadUInt32BigEndian(from);
        var length = BinaryPrimitives.ReadInt64BigEndian(from[4..]);
        var hash = new ContentHash(from.Slice(12, ContentHash.Size));
        from = from[(12 + ContentHash.Size)..];
        int nameBytes = BinaryPrimitives.ReadUInt16BigEndian(from);
        if (epoch == 0 || length is < 0 or > SealedLayout.LengthMax || nameBytes > NameBytesMax || from.Length < 2 + nameBytes + 1) return false;
        var name = from.Slice(2, nameBytes);
        from = from[(2 + nameBytes)..];
        int mediaBytes = from[0];
        if (from.Length < 1 + mediaBytes) return false;
        var media = from.Slice(1, mediaBytes);
        left = from[(1 + mediaBytes)..];
        if (!System.Text.Unicode.Utf8.IsValid(name) || media.ContainsAnyExceptInRange((byte)'!', (byte)'~')) return false;
        ContentReference? preview = null;
        if (hasPreview && !TryReadBody(left, mayHavePreview: false, out preview, out left)) return false;
        reference = new ContentReference
        {
            Id = id,
            Epoch = epoch,
            Length = length,
            Hash = hash,
            Kind = kind,
            Name = name.IsEmpty ? null : Encoding.UTF8.GetString(name),
            MediaType = media.IsEmpty ? null : Encoding.ASCII.GetString(media),
            Preview = preview,
        };
        return true;
    }
}
