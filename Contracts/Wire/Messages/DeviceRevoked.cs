using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x51 DEVICE_REVOKED, unasked: a device was blocked.</summary>
/// <param name="Device">The blocked device.</param>
public sealed record DeviceRevoked(DeviceId Device) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.DeviceRevoked;

    internal static DeviceRevoked Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new DeviceRevoked(reader.ReadDeviceId());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteId(Device);
    }
}
