using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x22 ACK, no reply: the app has everything up to a cursor (cumulative).</summary>
/// <param name="Through">The last cursor that the app has.</param>
public sealed record Ack(Cursor Through) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Ack;

    internal static Ack Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new Ack(reader.ReadCursor());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.Write(Through.Value);
    }
}
