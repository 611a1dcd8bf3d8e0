using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x10 PUSH: a batch of blobs of this device, in the order of their sequences.</summary>
/// <param name="Blobs">1 to 256.</param>
public sealed record Push(IReadOnlyList<PushBlob> Blobs) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Push;

    internal static Push Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(1);
        var read = new Push(reader.ReadList<PushBlob>(1, WireLimits.PushBlobsMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(1);
        writer.WriteList(Blobs, 1, WireLimits.PushBlobsMax);
    }
}
