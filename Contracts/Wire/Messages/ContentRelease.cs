using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x77 CONTENT_RELEASE: the group no longer needs an object; the relay may forget it. Answered by OK, also when it has none.</summary>
/// <param name="Hash">BLAKE3 of the ciphertext, 32 bytes: the object's address.</param>
public sealed record ContentRelease(ReadOnlyMemory<byte> Hash) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentRelease;

    internal static ContentRelease Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new ContentRelease(
            reader.ReadBytes(32, 32));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteBytes(Hash, 32, 32);
    }
}
