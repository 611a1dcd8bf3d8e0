using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>The in-memory store without its fence: whoever writes last wins. A planted bug.</summary>
internal sealed class UnfencedStore(MemoryDisk disk) : IGroupStore
{
    private readonly MemoryGroupStore _inner = new(disk);

    public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => _inner.GetRelaySecretAsync(cancellationToken);

    public ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken) => _inner.TakeOverAsync(group, cancellationToken);

    public ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken) => _inner.ReadBodiesAsync(group, cursors, cancellationToken);

    public ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken) => _inner.FindExpiredAsync(olderThanMs, most, cancellationToken);

    public ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) => _inner.FindUnusedAsync(keptUntilBeforeMs, most, cancellationToken);

    public ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken) => _inner.EndAsync(group, epoch, lastCursor, cancellationToken);

    public ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken) => _inner.MeasureAsync(cancellationToken);

    public ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken) => _inner.ReadNoteAsync(key, cancellationToken);

    public ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken) => _inner.WriteNoteAsync(key, value, cancellationToken);

    public async ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken)
    {
        if (await _inner.CommitAsync(commit, cancellationToken)) return true;
        var stored = disk.Groups[commit.Group];
        foreach (var a in commit.Appends)
            stored.Entries[a.Cursor.Value] = MemoryDisk.EntryOf(a);
        foreach (var device in commit.Devices) stored.Devices[device.Id] = device;
        if (commit.Row.LastCursor > stored.Row.LastCursor) stored.Row = stored.Row with { LastCursor = commit.Row.LastCursor };
        return true;
    }
}
