using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x03 BYE, either way, unasked: the sender is about to close the session.</summary>
/// <param name="Code">Why; None for a plain goodbye.</param>
/// <param name="RetryAfterMs">When to come back, milliseconds.</param>
/// <param name="Reason">For a person; at most 1,024 bytes.</param>
public sealed record Bye(ErrorCode Code, uint RetryAfterMs, string Reason) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Bye;

    internal static Bye Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(3);
        var read = new Bye(
            (ErrorCode)reader.ReadUInt16(),
            reader.ReadUInt32(),
            reader.ReadText(WireLimits.ReasonBytesMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(3);
        writer.Write((ushort)Code);
        writer.Write(RetryAfterMs);
        writer.WriteText(Reason, WireLimits.ReasonBytesMax);
    }
}
