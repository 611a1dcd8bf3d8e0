using MessagePack;

namespace ZeroK.Wire;

/// <summary>One device of DEVICES.</summary>
/// <param name="Id">The device.</param>
/// <param name="SealedName">Its name, sealed with a group key; may be empty.</param>
/// <param name="FirstSeenMs">Unix milliseconds.</param>
/// <param name="LastSeenMs">Unix milliseconds.</param>
/// <param name="Acked">What it has acknowledged.</param>
/// <param name="LastSequence">The highest sequence that the relay has from it.</param>
/// <param name="Online">Whether it is connected.</param>
/// <param name="Revoked">Whether it was blocked.</param>
public sealed record DeviceInfo(
    DeviceId Id,
    ReadOnlyMemory<byte> SealedName,
    ulong FirstSeenMs,
    ulong LastSeenMs,
    Cursor Acked,
    ulong LastSequence,
    bool Online,
    bool Revoked) : IWirePart<DeviceInfo>
{
    /// <summary>Writes the part: one MessagePack array.</summary>
    public void Write(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(8);
        writer.WriteId(Id);
        writer.WriteBytes(SealedName, 0, WireLimits.SealedNameBytesMax);
        writer.Write(FirstSeenMs);
        writer.Write(LastSeenMs);
        writer.Write(Acked.Value);
        writer.Write(LastSequence);
        writer.Write(Online);
        writer.Write(Revoked);
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    public static DeviceInfo Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(8);
        var read = new DeviceInfo(
            reader.ReadDeviceId(),
            reader.ReadBytes(0, WireLimits.SealedNameBytesMax),
            reader.ReadUInt64(),
            reader.ReadUInt64(),
            reader.ReadCursor(),
            reader.ReadNumber(),
            reader.ReadBoolean(),
            reader.ReadBoolean());
        reader.SkipFields(extra);
        return read;
    }
}
