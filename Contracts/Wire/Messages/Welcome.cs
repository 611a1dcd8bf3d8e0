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
/// <param name="Hint">Where this device would be better connected: the same relay (a cluster) under an address of one of its nodes, host:port; empty for none. At most <see cref="WireLimits.HintBytesMax"/> bytes.</param>
public sealed record Welcome(
    ReadOnlyMemory<byte> LogId,
    Cursor Head,
    Cursor HistoryStart,
    Cursor Acked,
    ulong LastSequence,
    ReadOnlyMemory<byte> LastBlob,
    ulong TimeMs,
    uint DeviceCount,
    RelayLimits Limits,
    string Hint = "") : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Welcome;

    internal static Welcome Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(9);
        var read = new Welcome(
            reader.ReadBytes(16, 16),
            reader.ReadCursor(),
            reader.ReadCursor(),
            reader.ReadCursor(),
            reader.ReadNumber(),
            reader.ReadBytes(0, BlobId.Size),
            reader.ReadUInt64(),
            reader.ReadUInt32(),
            RelayLimits.Read(ref reader));
        if (extra == 0) return read;
        read = read with { Hint = reader.ReadText(WireLimits.HintBytesMax) };
        reader.SkipFields(extra - 1);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(10);
        writer.WriteBytes(LogId, 16, 16);
        writer.Write(Head.Value);
        writer.Write(HistoryStart.Value);
        writer.Write(Acked.Value);
        writer.Write(LastSequence);
        writer.WriteBytes(LastBlob, 0, BlobId.Size);
        writer.Write(TimeMs);
        writer.Write(DeviceCount);
        Limits.Write(ref writer);
        writer.WriteText(Hint, WireLimits.HintBytesMax);
    }
}
