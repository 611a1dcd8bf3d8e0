using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x53 DEVICES: the group's devices.</summary>
/// <param name="List">At most 256.</param>
public sealed record Devices(IReadOnlyList<DeviceInfo> List) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Devices;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
