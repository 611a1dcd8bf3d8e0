using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x70 CONTENT_REF: the group refers to a content object on the relay. Answered by CONTENT_ACK.</summary>
/// <param name="Hash">BLAKE3 of the ciphertext, 32 bytes.</param>
/// <param name="SizeBytes">Size of the ciphertext.</param>
public sealed record ContentRef(ReadOnlyMemory<byte> Hash, ulong SizeBytes) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentRef;

    internal static ContentRef Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(2);
        var read = new ContentRef(
            reader.ReadBytes(32, 32),
            reader.ReadUInt64());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(2);
        writer.WriteBytes(Hash, 32, 32);
        writer.Write(SizeBytes);
    }
}
