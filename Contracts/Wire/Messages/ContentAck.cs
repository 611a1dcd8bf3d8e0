using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x71 CONTENT_ACK: the relay holds the content object and counts the reference.</summary>
/// <param name="Hash">BLAKE3 of the ciphertext, 32 bytes.</param>
public sealed record ContentAck(ReadOnlyMemory<byte> Hash) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.ContentAck;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
