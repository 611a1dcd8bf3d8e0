using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x76 CONTENT_PART: a run of an object, for the reader to verify.</summary>
/// <param name="Encoding">The range encoding with 16 KiB chunk groups, without a length prefix: parents and groups in pre-order (see ZeroK.Content). Of a message that was read: may be given back to <see cref="LargeBuffers"/>.</param>
public sealed record ContentPart(ReadOnlyMemory<byte> Encoding) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentPart;

    internal static ContentPart Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new ContentPart(
            reader.ReadLargeBytes(0, WireLimits.ContentEncodingBytesMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteBytes(Encoding, 0, WireLimits.ContentEncodingBytesMax);
    }
}
