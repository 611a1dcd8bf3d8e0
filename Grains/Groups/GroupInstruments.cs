using System.Diagnostics.Metrics;

namespace ZeroK.Grains.Groups;

/// <summary>What groups count. No tag names a group or a device.</summary>
public sealed class GroupInstruments
{
    /// <summary>The meter that all of the relay's instruments belong to.</summary>
    public const string MeterName = "ZeroK.Relay";

    private readonly Meter _meter;
    private readonly Counter<long> _pushes, _blobs, _bytes, _commits, _fenced, _refused, _expired, _ended;

    public GroupInstruments(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = _meter = meters.Create(MeterName);
        _pushes = meter.CreateCounter<long>("zerok.group.pushes", "{push}", "PUSH messages whose blobs are durable.");
        _blobs = meter.CreateCounter<long>("zerok.group.blobs", "{blob}", "Blobs appended and durable.");
        _bytes = meter.CreateCounter<long>("zerok.group.bytes", "By", "Envelope bytes appended and durable.");
        _commits = meter.CreateCounter<long>("zerok.group.commits", "{commit}", "Commits that the store took.");
        _fenced = meter.CreateCounter<long>("zerok.group.fenced", "{commit}", "Commits refused because another owner has the group.");
        _refused = meter.CreateCounter<long>("zerok.group.refused", "{request}", "Requests or blobs refused, by error code.");
        _expired = meter.CreateCounter<long>("zerok.group.expired", "{entry}", "Entries dropped because their time to live was over.");
        _ended = meter.CreateCounter<long>("zerok.group.ended", "{group}", "Groups removed because nobody used them any more.");
    }

    /// <summary>Shows what all groups use together.</summary>
    internal void Show(RelayRoom room)
    {
        _meter.CreateObservableGauge("zerok.group.stored", () => room.Stored.Groups, "{group}", "Groups in the store.");
        _meter.CreateObservableGauge("zerok.group.stored.bytes", () => room.Stored.Bytes, "By", "Bytes of all groups in the store.");
        _meter.CreateObservableGauge("zerok.group.active.entries", () => room.Entries, "{entry}", "Entries of the groups in memory.");
        _meter.CreateObservableGauge("zerok.group.active.bytes", () => room.MemoryBytes, "By", "Bytes that the groups in memory count.");
    }

    internal void Ended() => _ended.Add(1);

    internal void Pushed() => _pushes.Add(1);

    internal void Committed(int blobs, long bytes)
    {
        _commits.Add(1);
        _blobs.Add(blobs);
        _bytes.Add(bytes);
    }

    internal void Fenced() => _fenced.Add(1);

    internal void Refused(ErrorCode code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code.ToString()));

    internal void Expired(int entries) => _expired.Add(entries);
}
