using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x11 PUSH_ACK: one result a blob, in the order of the PUSH. A cursor in it means that the blob is on stable storage.</summary>
/// <param name="Results">As many as the PUSH had blobs.</param>
public sealed record PushAck(IReadOnlyList<PushResult> Results) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.PushAck;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
