using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x53 DEVICES: the group's devices.</summary>
/// <param name="List">At most 256.</param>
public sealed record Devices(IReadOnlyList<DeviceInfo> List) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Devices;

    internal static Devices Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new Devices(reader.ReadList<DeviceInfo>(0, WireLimits.DevicesMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteList(List, 0, WireLimits.DevicesMax);
    }
}
