using System.Diagnostics.Metrics;

namespace ZeroK.Storage.Content;

/// <summary>What the content service counts. No labels: nothing says whose.</summary>
public sealed class ContentInstruments
{
    /// <summary>The meter's name: the relay's.</summary>
    public const string MeterName = "ZeroK.Relay";

    private readonly Counter<long> _written;
    private readonly Counter<long> _read;
    private readonly Counter<long> _stored;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _damaged;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _expired;

    public ContentInstruments(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _written = meter.CreateCounter<long>("zerok.content.written.bytes", "By", "Content bytes verified and kept.");
        _read = meter.CreateCounter<long>("zerok.content.read.bytes", "By", "Content bytes verified and sent.");
        _stored = meter.CreateCounter<long>("zerok.content.stored", "{object}", "Objects put on stable storage.");
        _refused = meter.CreateCounter<long>("zerok.content.refused", "{piece}", "Pieces that did not belong to their object's address.");
        _damaged = meter.CreateCounter<long>("zerok.content.damaged", "{object}", "Stored objects that no longer verify.");
        _failed = meter.CreateCounter<long>("zerok.content.failed", "{request}", "Requests that the store failed.");
        _expired = meter.CreateCounter<long>("zerok.content.expired", "{object}", "Objects dropped because their time was over.");
    }

    internal void Written(long bytes) => _written.Add(bytes);

    internal void Read(long bytes) => _read.Add(bytes);

    internal void Stored() => _stored.Add(1);

    internal void Refused() => _refused.Add(1);

    internal void Damaged() => _damaged.Add(1);

    internal void Failed() => _failed.Add(1);

    internal void Expired(long objects) => _expired.Add(objects);
}
