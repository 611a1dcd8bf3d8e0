using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x11 PUSH_ACK: one result a blob, in the order of the PUSH. A cursor in it means that the blob is on stable storage.</summary>
/// <param name="Results">As many as the PUSH had blobs.</param>
public sealed record PushAck(IReadOnlyList<PushResult> Results) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.PushAck;

    internal static PushAck Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new PushAck(reader.ReadList<PushResult>(1, WireLimits.PushBlobsMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteList(Results, 1, WireLimits.PushBlobsMax);
    }
}
