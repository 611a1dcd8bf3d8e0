using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x73 CONTENT_STATE: what the relay has of an object.</summary>
/// <param name="Code"><see cref="ErrorCode.None"/>: the upload may go on. <see cref="ErrorCode.GroupQuotaExceeded"/> or <see cref="ErrorCode.BlobTooLarge"/>: it may not, and nothing is held.</param>
/// <param name="IsStored">All of it is here, durable, and this group refers to it.</param>
/// <param name="HeldBytes">Bytes from its start that were verified and kept: the upload goes on there.</param>
/// <param name="QuotaBytes">Bytes that the group's contents may use.</param>
/// <param name="UsedBytes">Bytes that they use, uploads under way included.</param>
public sealed record ContentState(ErrorCode Code, bool IsStored, ulong HeldBytes, ulong QuotaBytes, ulong UsedBytes) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentState;

    internal static ContentState Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(5);
        var read = new ContentState(
            (ErrorCode)reader.ReadUInt16(),
            reader.ReadBoolean(),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            reader.ReadUInt64());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(5);
        writer.Write((ushort)Code);
        writer.Write(IsStored);
        writer.Write(HeldBytes);
        writer.Write(QuotaBytes);
        writer.Write(UsedBytes);
    }
}
