using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x02 WELCOME, the reply to HELLO: where the group's log stands.</summary>
/// <param name="LogId">16 random bytes made with the group's log on this relay: another value means that the relay started a new log, in which old cursors mean nothing.</param>
/// <param name="Head">The last readable cursor.</param>
/// <param name="HistoryStart">The lowest cursor that may still be read; Head + 1 if there is none.</param>
/// <param name="Acked">What this device has acknowledged.</param>
/// <param name="LastSequence">The highest device sequence that the relay has from this device; 0 for none.</param>
/// <param name="LastBlob">The blob id (16 bytes) of that sequence; empty for none.</param>
/// <param name="TimeMs">The relay's clock, Unix milliseconds.</param>
/// <param name="DeviceCount">Devices in the group, this one included.</param>
/// <param name="Limits">What the relay allows.</param>
public sealed record Welcome(
    ReadOnlyMemory<byte> LogId,
    Cursor Head,
    Cursor HistoryStart,
    Cursor Acked,
    ulong LastSequence,
    ReadOnlyMemory<byte> LastBlob,
    ulong TimeMs,
    uint DeviceCount,
    RelayLimits Limits) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Welcome;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
