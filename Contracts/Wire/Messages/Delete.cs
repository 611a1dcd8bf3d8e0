using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x40 DELETE: forget blobs that this device pushed. Answered by OK.</summary>
/// <param name="Blobs">1 to 256.</param>
public sealed record Delete(IReadOnlyList<BlobId> Blobs) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Delete;

    internal static Delete Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new Delete(reader.ReadBlobIds());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteIds(Blobs);
    }
}
