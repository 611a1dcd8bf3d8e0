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

    internal static Presence Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(4);
        var read = new Presence(
            reader.ReadEnum<PresenceState>(),
            reader.ReadCursor(),
            reader.ReadUInt64(),
            reader.ReadUInt32());
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(4);
        writer.Write((byte)State);
        writer.Write(Head.Value);
        writer.Write(TimeMs);
        writer.Write(OnlineDevices);
    }
}
