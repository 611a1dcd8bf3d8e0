using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x21 PULL_RESPONSE: a page. Every cursor from Start to Through is in Blobs, as a blob or as a stub.</summary>
/// <param name="Start">The first cursor of the page: After + 1, or later if what lies between has expired.</param>
/// <param name="Through">The reader has now seen everything up to here.</param>
/// <param name="Head">The last readable cursor when the page was made.</param>
/// <param name="ExpiredThrough">Blobs up to here have expired, unread ones perhaps included; 0 for none.</param>
/// <param name="Blobs">In cursor order.</param>
public sealed record PullResponse(
    Cursor Start,
    Cursor Through,
    Cursor Head,
    Cursor ExpiredThrough,
    IReadOnlyList<PulledBlob> Blobs) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.PullResponse;

    internal static PullResponse Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(5);
        var read = new PullResponse(
            reader.ReadCursor(),
            reader.ReadCursor(),
            reader.ReadCursor(),
            reader.ReadCursor(),
            reader.ReadList<PulledBlob>(0, WireLimits.PullBlobsMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(5);
        writer.Write(Start.Value);
        writer.Write(Through.Value);
        writer.Write(Head.Value);
        writer.Write(ExpiredThrough.Value);
        writer.WriteList(Blobs, 0, WireLimits.PullBlobsMax);
    }
}
