using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x50 REVOKE_DEVICE: block a device of the group. Answered by OK.</summary>
/// <param name="Device">The device to block.</param>
public sealed record RevokeDevice(DeviceId Device) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.RevokeDevice;

    internal static RevokeDevice Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new RevokeDevice(reader.ReadDeviceId());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteId(Device);
    }
}
