namespace ZeroK.Client.Content;

/// <summary>Transfers in memory: outlives the service that uses it, as a directory does.</summary>
internal sealed class MemoryTransferStore : ITransferStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(TransferKind, ContentId), byte[]> _records = [];
    private readonly Dictionary<(TransferKind, ContentId), MemoryStagedObject> _stages = [];

    /// <summary>Staged objects that are kept.</summary>
    public int Stages
    {
        get
        {
            lock (_gate) return _stages.Count;
        }
    }

    public IReadOnlyList<TransferRecord> Load()
    {
        lock (_gate)
        {
            // As bytes, so that what a file could not keep is not kept here either.
            var records = _records.Values.Select(b => TransferRecord.TryRead(b, out var record) ? record : throw new InvalidOperationException("A record does not read back.")).ToList();
            foreach (var orphan in _stages.Keys.Except(records.SelectMany(TransferRules.StagesOf)).ToList()) _stages.Remove(orphan);
            return records;
        }
    }

    public void Save(TransferRecord record)
    {
        lock (_gate) _records[(record.Kind, record.Id)] = record.ToBytes();
    }

    public void Remove(TransferRecord record)
    {
        lock (_gate)
        {
            _records.Remove((record.Kind, record.Id));
            foreach (var stage in TransferRules.StagesOf(record)) _stages.Remove(stage);
        }
    }

    public IStagedObject Open(TransferKind kind, ContentId id)
    {
        lock (_gate) return _stages.TryGetValue((kind, id), out var stage) ? stage : _stages[(kind, id)] = new MemoryStagedObject();
    }

    public void Discard(TransferKind kind, ContentId id)
    {
        lock (_gate) _stages.Remove((kind, id));
    }

    public void Dispose()
    {
        // What is kept outlives the service.
    }
}
