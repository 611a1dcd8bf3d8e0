using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x52 LIST_DEVICES. Answered by DEVICES.</summary>
public sealed record ListDevices() : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ListDevices;

    internal static ListDevices Read(ref MessagePackReader reader)
    {
        reader.SkipFields(reader.ReadFields(0));
        return new ListDevices();
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(0);
    }
}
