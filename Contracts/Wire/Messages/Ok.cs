using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x04 OK, the reply to a request that has nothing else to say.</summary>
public sealed record Ok() : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Ok;

    internal static Ok Read(ref MessagePackReader reader)
    {
        reader.SkipFields(reader.ReadFields(0));
        return new Ok();
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(0);
    }
}
