using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x04 OK, the reply to a request that has nothing else to say.</summary>
public sealed record Ok() : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Ok;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
