using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x51 DEVICE_REVOKED, unasked: a device was blocked.</summary>
/// <param name="Device">The blocked device.</param>
public sealed record DeviceRevoked(DeviceId Device) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.DeviceRevoked;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
