using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x31 NOTIFY, unasked: there is something new to pull.</summary>
/// <param name="Head">The last readable cursor.</param>
public sealed record Notify(Cursor Head) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Notify;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
