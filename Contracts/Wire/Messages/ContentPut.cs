using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x72 CONTENT_PUT: announces an object, or asks how far an upload has come. Answered by CONTENT_STATE.</summary>
/// <param name="Hash">BLAKE3 of the ciphertext, 32 bytes: the object's address.</param>
/// <param name="SizeBytes">Size of the ciphertext, bytes.</param>
public sealed record ContentPut(ReadOnlyMemory<byte> Hash, ulong SizeBytes) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentPut;

    internal static ContentPut Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(2);
        var read = new ContentPut(
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
