using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x71 CONTENT_ACK: the relay holds the content object and counts the reference.</summary>
/// <param name="Hash">BLAKE3 of the ciphertext, 32 bytes.</param>
public sealed record ContentAck(ReadOnlyMemory<byte> Hash) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentAck;

    internal static ContentAck Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new ContentAck(reader.ReadBytes(32, 32));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteBytes(Hash, 32, 32);
    }
}
