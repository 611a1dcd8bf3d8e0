using MessagePack;

namespace ZeroK.Wire;

/// <summary>One cursor of a page.</summary>
/// <param name="Cursor">Its place in the group's order.</param>
/// <param name="State">Whether the body is here, and why not.</param>
/// <param name="Sender">The device that pushed it, as the relay says; the sealed header says it too.</param>
/// <param name="Sequence">The sender's sequence, as the relay says.</param>
/// <param name="Id">The blob.</param>
/// <param name="ReceivedAtMs">When the relay had it, Unix milliseconds.</param>
/// <param name="Envelope">The sealed blob; empty for a stub.</param>
public sealed record PulledBlob(
    Cursor Cursor,
    BlobState State,
    DeviceId Sender,
    ulong Sequence,
    BlobId Id,
    ulong ReceivedAtMs,
    ReadOnlyMemory<byte> Envelope) : IWirePart<PulledBlob>
{
    /// <summary>Writes the part: one MessagePack array.</summary>
    public void Write(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(7);
        writer.Write(Cursor.Value);
        writer.Write((byte)State);
        writer.WriteId(Sender);
        writer.Write(Sequence);
        writer.WriteId(Id);
        writer.Write(ReceivedAtMs);
        writer.WriteBytes(Envelope, 0, WireLimits.EnvelopeBytesMax);
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    public static PulledBlob Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(7);
        var read = new PulledBlob(
            reader.ReadCursor(),
            reader.ReadEnum<BlobState>(),
            reader.ReadDeviceId(),
            reader.ReadNumber(),
            reader.ReadBlobId(),
            reader.ReadUInt64(),
            reader.ReadBytes(0, WireLimits.EnvelopeBytesMax));
        reader.SkipFields(extra);
        return read;
    }
}
