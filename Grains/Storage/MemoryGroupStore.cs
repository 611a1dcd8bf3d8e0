using ZeroK.Wire;

namespace ZeroK.Grains.Storage;

/// <summary>The in-memory twin of the durable stores: the same answers, kept in a <see cref="MemoryDisk"/>.</summary>
public sealed class MemoryGroupStore(MemoryDisk disk) : IGroupStore
{
    /// <summary>A store on a disk of its own.</summary>
    public MemoryGroupStore() : this(new MemoryDisk()) { }

    /// <inheritdoc/>
    public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => new([.. disk.Secret]);

    /// <inheritdoc/>
    public ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken)
    {
        lock (disk.Gate)
        {
            if (!disk.Groups.TryGetValue(group, out var stored)) return new((GroupSnapshot?)null);
            stored.Epoch++;
            return new(new GroupSnapshot(stored.Epoch, stored.Row, [.. stored.Devices.Values], [.. stored.Entries.Values.Select(e => e.Entry)]));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken)
    {
        GroupCommitCheck.Validate(commit);
        lock (disk.Gate)
        {
            if (!Admit(commit, out var stored)) return new(false);
            Apply(commit, stored);
            return new(true);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken)
    {
        var found = new List<StoredBody>(cursors.Count);
        lock (disk.Gate)
        {
            if (disk.Groups.TryGetValue(group, out var stored))
            {
                foreach (var cursor in cursors)
                {
                    if (stored.Entries.TryGetValue(cursor.Value, out var e) && e.Entry.State == BlobState.Present)
                        found.Add(new StoredBody(cursor, e.Body, e.Name));
                }
            }
        }

        return new(found);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken)
    {
        lock (disk.Gate)
        {
            var found = disk.Groups
                .Where(g => g.Value.Entries.Values.Any(e => e.Entry.State == BlobState.Present && e.Entry.ReceivedAtMs < olderThanMs))
                .Select(g => g.Key).Take(most).ToList();
            return new(found);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken)
    {
        lock (disk.Gate) return new(disk.Groups.Where(g => g.Value.Row.KeptUntilMs < keptUntilBeforeMs).Select(g => g.Key).Take(most).ToList());
    }

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken)
    {
        lock (disk.Gate)
        {
            return new(disk.Groups.TryGetValue(group, out var stored) && disk.Fence(stored.Epoch == epoch, stored.Row.LastCursor == lastCursor) && disk.Groups.Remove(group));
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken)
    {
        lock (disk.Gate) return new(new StoreUsage(disk.Groups.Count, disk.Groups.Values.Sum(g => g.Entries.Values.Sum(static e => (long)e.Entry.BodyBytes + Groups.GroupOptions.EntryOverheadBytes))));
    }

    /// <inheritdoc/>
    public ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken)
    {
        lock (disk.Gate) return new(disk.Notes.GetValueOrDefault(key));
    }

    /// <inheritdoc/>
    public ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken)
    {
        lock (disk.Gate) disk.Notes[key] = value;
        return default;
    }

    private bool Admit(GroupCommit commit, out MemoryDisk.StoredGroup stored)
    {
        var exists = disk.Groups.TryGetValue(commit.Group, out var found);
        stored = found!;
        if (commit.Epoch != 0)
            return exists && disk.Fence(stored.Epoch == commit.Epoch, stored.Row.LastCursor == commit.ExpectedLastCursor);
        if (exists || commit.ExpectedLastCursor != Cursor.Zero) return false;
        stored = new MemoryDisk.StoredGroup(commit.Row);
        disk.Groups.Add(commit.Group, stored);
        return true;
    }

    private static void Apply(GroupCommit commit, MemoryDisk.StoredGroup stored)
    {
        foreach (var a in commit.Appends)
            stored.Entries.Add(a.Cursor.Value, MemoryDisk.EntryOf(a));
        foreach (var device in commit.Devices)
            stored.Devices[device.Id] = device;
        foreach (var gone in commit.Gone)
            stored.Devices.Remove(gone);
        foreach (var (cursor, state) in commit.Dropped)
        {
            if (stored.Entries.TryGetValue(cursor.Value, out var e))
                stored.Entries[cursor.Value] = (e.Entry with { State = state, BodyBytes = 0 }, default, null);
        }

        for (var c = stored.Row.HistoryStart.Value; c < commit.Row.HistoryStart.Value; c++)
            stored.Entries.Remove(c);
        stored.Row = commit.Row;
    }
}
