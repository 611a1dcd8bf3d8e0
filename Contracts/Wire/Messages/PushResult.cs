using MessagePack;

namespace ZeroK.Wire;

/// <summary>What became of one blob of a PUSH.</summary>
/// <param name="Id">The blob.</param>
/// <param name="Code">None: accepted, now or earlier.</param>
/// <param name="Cursor">Its place in the group's order; 0 if refused, or accepted earlier and since forgotten.</param>
/// <param name="ReceivedAtMs">When the relay first had it, Unix milliseconds.</param>
/// <param name="RetryAfterMs">If refused: when to try again, milliseconds.</param>
public sealed record PushResult(
    BlobId Id,
    ErrorCode Code,
    Cursor Cursor,
    ulong ReceivedAtMs,
    uint RetryAfterMs) : IWirePart<PushResult>
{
    /// <summary>Writes the part: one MessagePack array.</summary>
    public void Write(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(5);
        writer.WriteId(Id);
        writer.Write((ushort)Code);
        writer.Write(Cursor.Value);
        writer.Write(ReceivedAtMs);
        writer.Write(RetryAfterMs);
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    public static PushResult Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(5);
        var read = new PushResult(
            reader.ReadBlobId(),
            (ErrorCode)reader.ReadUInt16(),
            reader.ReadCursor(),
            reader.ReadUInt64(),
            reader.ReadUInt32());
        reader.SkipFields(extra);
        return read;
    }
}
