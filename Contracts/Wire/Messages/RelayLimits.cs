using MessagePack;

namespace ZeroK.Wire;

/// <summary>What a relay allows; each at most the value of <see cref="WireLimits"/>. Part of WELCOME.</summary>
/// <param name="EnvelopeBytesMax">Bytes of one sealed blob.</param>
/// <param name="PushBlobsMax">Blobs in one PUSH.</param>
/// <param name="PushBytesMax">Envelope bytes in one PUSH.</param>
/// <param name="PullBlobsMax">Blobs in one page.</param>
/// <param name="PullBytesMax">Envelope bytes in one page.</param>
/// <param name="GroupBytesMax">Bytes kept for the group.</param>
/// <param name="TimeToLiveSeconds">How long a blob is kept, seconds.</param>
/// <param name="KeepAliveSeconds">A session without a message for twice this long is closed, seconds.</param>
/// <param name="StreamsMax">Side streams that a session may have at once; 0: none.</param>
public sealed record RelayLimits(
    uint EnvelopeBytesMax,
    uint PushBlobsMax,
    uint PushBytesMax,
    uint PullBlobsMax,
    uint PullBytesMax,
    ulong GroupBytesMax,
    uint TimeToLiveSeconds,
    uint KeepAliveSeconds,
    uint StreamsMax = 0) : IWirePart<RelayLimits>
{
    /// <summary>Writes the part: one MessagePack array. A relay without side streams writes what relays wrote before there were any.</summary>
    public void Write(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(StreamsMax == 0 ? 8 : 9);
        writer.Write(EnvelopeBytesMax);
        writer.Write(PushBlobsMax);
        writer.Write(PushBytesMax);
        writer.Write(PullBlobsMax);
        writer.Write(PullBytesMax);
        writer.Write(GroupBytesMax);
        writer.Write(TimeToLiveSeconds);
        writer.Write(KeepAliveSeconds);
        if (StreamsMax != 0) writer.Write(StreamsMax);
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    public static RelayLimits Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(8);
        var read = new RelayLimits(
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt64(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            extra > 0 ? reader.ReadUInt32() : 0);
        reader.SkipFields(Math.Max(extra - 1, 0));
        return read;
    }
}
