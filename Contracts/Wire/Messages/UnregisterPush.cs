using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x61 UNREGISTER_PUSH. Answered by OK.</summary>
public sealed record UnregisterPush() : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.UnregisterPush;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
