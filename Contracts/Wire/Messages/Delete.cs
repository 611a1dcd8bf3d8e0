using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x40 DELETE: forget blobs that this device pushed. Answered by OK.</summary>
/// <param name="Blobs">1 to 256.</param>
public sealed record Delete(IReadOnlyList<BlobId> Blobs) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Delete;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
