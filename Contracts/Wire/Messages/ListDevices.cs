using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x52 LIST_DEVICES. Answered by DEVICES.</summary>
public sealed record ListDevices() : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ListDevices;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
