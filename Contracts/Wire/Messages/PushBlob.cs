using MessagePack;

namespace ZeroK.Wire;

/// <summary>One blob of a PUSH.</summary>
/// <param name="Id">Chosen by the sender; the push is idempotent by it.</param>
/// <param name="Sequence">The device's sequence, 1 for its first blob: the relay accepts only the one after the last that it has from the device.</param>
/// <param name="Envelope">The sealed blob.</param>
public sealed record PushBlob(
    BlobId Id,
    ulong Sequence,
    ReadOnlyMemory<byte> Envelope) : IWirePart<PushBlob>
{
    /// <summary>Writes the part: one MessagePack array.</summary>
    public void Write(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(3);
        writer.WriteId(Id);
        writer.Write(Sequence);
        writer.WriteBytes(Envelope, 1, WireLimits.EnvelopeBytesMax);
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    public static PushBlob Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(3);
        var read = new PushBlob(
            reader.ReadBlobId(),
            reader.ReadNumber(),
            reader.ReadBytes(1, WireLimits.EnvelopeBytesMax));
        reader.SkipFields(extra);
        return read;
    }
}
