using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x10 PUSH: a batch of blobs of this device, in the order of their sequences.</summary>
/// <param name="Blobs">1 to 256.</param>
public sealed record Push(IReadOnlyList<PushBlob> Blobs) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Push;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
