using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x30 PRESENCE: a heartbeat. The client says what it is doing; the relay answers with PRESENCE: the head, so that a lost NOTIFY is made good.</summary>
/// <param name="State">What the client is doing; the relay answers Active.</param>
/// <param name="Head">From the relay: the last readable cursor. From a client: 0.</param>
/// <param name="TimeMs">The sender's clock, Unix milliseconds.</param>
/// <param name="OnlineDevices">From the relay: devices of the group now connected. From a client: 0.</param>
public sealed record Presence(PresenceState State, Cursor Head, ulong TimeMs, uint OnlineDevices) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Presence;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
