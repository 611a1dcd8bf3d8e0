using MessagePack;

namespace ZeroK.Wire;

/// <summary>0xFF ERROR, the reply to a request that was refused; with request id 0, about the session.</summary>
/// <param name="Code">What was wrong.</param>
/// <param name="RetryAfterMs">When to try again, milliseconds; 0: see the code.</param>
/// <param name="Text">For a person: what was wrong and what to do; at most 1,024 bytes. Never an id or content.</param>
public sealed record ErrorMessage(ErrorCode Code, uint RetryAfterMs, string Text) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Error;

    internal static ErrorMessage Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(3);
        var read = new ErrorMessage(
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
        writer.WriteText(Text, WireLimits.ReasonBytesMax);
    }
}
