using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x31 NOTIFY, unasked: there is something new to pull.</summary>
/// <param name="Head">The last readable cursor.</param>
public sealed record Notify(Cursor Head) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Notify;

    internal static Notify Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new Notify(reader.ReadCursor());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.Write(Head.Value);
    }
}
