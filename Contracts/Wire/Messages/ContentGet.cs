using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x75 CONTENT_GET: asks for a run of an object's bytes. Answered by CONTENT_PART.</summary>
/// <param name="Hash">BLAKE3 of the ciphertext, 32 bytes: the object's address.</param>
/// <param name="SizeBytes">Size of the ciphertext, bytes.</param>
/// <param name="Offset">Where the run begins, bytes.</param>
/// <param name="Count">How many; at most 256 KiB. The encoding holds the whole chunk groups around them.</param>
public sealed record ContentGet(ReadOnlyMemory<byte> Hash, ulong SizeBytes, ulong Offset, uint Count) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentGet;

    internal static ContentGet Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(4);
        var read = new ContentGet(
            reader.ReadBytes(32, 32),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            reader.ReadUInt32());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(4);
        writer.WriteBytes(Hash, 32, 32);
        writer.Write(SizeBytes);
        writer.Write(Offset);
        writer.Write(Count);
    }
}
