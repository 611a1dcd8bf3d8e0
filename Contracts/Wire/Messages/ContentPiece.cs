using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x74 CONTENT_PIECE: a run of whole chunk groups of an upload. Answered by OK when it was verified and kept.</summary>
/// <param name="Hash">BLAKE3 of the ciphertext, 32 bytes: the object's address.</param>
/// <param name="SizeBytes">Size of the ciphertext, bytes.</param>
/// <param name="Offset">Where the run begins in the object: a multiple of 16 KiB, at most what is held.</param>
/// <param name="Count">Bytes of the object in the run: whole groups, the last may be short. 0 for an empty object.</param>
/// <param name="Encoding">The range encoding with 16 KiB chunk groups, without a length prefix: parents and groups in pre-order (see ZeroK.Content). Of a message that was read: may be given back to <see cref="LargeBuffers"/>.</param>
public sealed record ContentPiece(ReadOnlyMemory<byte> Hash, ulong SizeBytes, ulong Offset, uint Count, ReadOnlyMemory<byte> Encoding) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentPiece;

    internal static ContentPiece Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(5);
        var read = new ContentPiece(
            reader.ReadBytes(32, 32),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            reader.ReadUInt32(),
            reader.ReadLargeBytes(0, WireLimits.ContentEncodingBytesMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(5);
        writer.WriteBytes(Hash, 32, 32);
        writer.Write(SizeBytes);
        writer.Write(Offset);
        writer.Write(Count);
        writer.WriteBytes(Encoding, 0, WireLimits.ContentEncodingBytesMax);
    }
}
