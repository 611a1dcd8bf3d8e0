using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x61 UNREGISTER_PUSH. Answered by OK.</summary>
public sealed record UnregisterPush() : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.UnregisterPush;

    internal static UnregisterPush Read(ref MessagePackReader reader)
    {
        reader.SkipFields(reader.ReadFields(0));
        return new UnregisterPush();
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(0);
    }
}
