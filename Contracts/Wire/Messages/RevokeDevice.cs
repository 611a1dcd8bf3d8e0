using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x50 REVOKE_DEVICE: block a device of the group. Answered by OK.</summary>
/// <param name="Device">The device to block.</param>
public sealed record RevokeDevice(DeviceId Device) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.RevokeDevice;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
