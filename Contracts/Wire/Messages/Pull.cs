using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x20 PULL: what follows a cursor.</summary>
/// <param name="After">The last cursor that the reader has.</param>
/// <param name="MaxBlobs">At most so many; the relay may send fewer.</param>
/// <param name="MaxBytes">At most so many envelope bytes; the first blob comes whatever its size.</param>
public sealed record Pull(Cursor After, uint MaxBlobs, uint MaxBytes) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Pull;

    internal static Pull Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(3);
        var read = new Pull(
            reader.ReadCursor(),
            reader.ReadUInt32(),
            reader.ReadUInt32());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(3);
        writer.Write(After.Value);
        writer.Write(MaxBlobs);
        writer.Write(MaxBytes);
    }
}
