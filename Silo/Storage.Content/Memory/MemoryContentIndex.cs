namespace ZeroK.Storage.Content.Memory;

/// <summary>The content index's twin in memory, for tests and simulations.</summary>
public sealed class MemoryContentIndex : IContentIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ContentKey, (ContentRow Row, HashSet<string> Devices)> _rows = [];
    private readonly Dictionary<Guid, ContentUsage> _usage = [];
    private readonly HashSet<ContentKey> _dropped = [];

    /// <inheritdoc/>
    public ValueTask<ContentRow?> FindAsync(ContentKey key, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult(_rows.TryGetValue(Bare(key), out var found) ? found.Row : null);
    }

    /// <inheritdoc/>
    public ValueTask<Announced> AnnounceAsync(ContentKey key, long size, ContentQuota quota, ulong nowMs, CancellationToken cancellationToken)
    {
        key = Bare(key);
        lock (_gate)
        {
            var used = _usage.GetValueOrDefault(key.Group);
            if (_rows.TryGetValue(key, out var found))
            {
                var touched = found.Row with { TouchedMs = nowMs };
                _rows[key] = (touched, found.Devices);
                return ValueTask.FromResult(new Announced(touched, used));
            }

            if (!used.HasRoomFor(size, quota)) return ValueTask.FromResult(new Announced(null, used));
            var row = new ContentRow(size, false, nowMs, ContentKey.NewGeneration());
            _rows[key] = (row, []);
            _usage[key.Group] = new ContentUsage(used.Bytes + size, used.Objects + 1);
            return ValueTask.FromResult(new Announced(row, _usage[key.Group]));
        }
    }

    /// <inheritdoc/>
    public ValueTask<ContentUsage> UsageAsync(Guid group, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult(_usage.GetValueOrDefault(group));
    }

    /// <inheritdoc/>
    public ValueTask<bool> StoredAsync(ContentKey key, ReadOnlyMemory<byte> device, ulong nowMs, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_rows.TryGetValue(Bare(key), out var found) || found.Row.Generation != key.Generation) return ValueTask.FromResult(false);
            found.Devices.Add(Convert.ToHexString(device.Span));
            _rows[Bare(key)] = (found.Row with { IsStored = true, TouchedMs = nowMs }, found.Devices);
        }

        return ValueTask.FromResult(true);
    }

    /// <inheritdoc/>
    public ValueTask DamagedAsync(ContentKey key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_rows.TryGetValue(Bare(key), out var found) && found.Row.Generation == key.Generation) _rows[Bare(key)] = (found.Row with { IsStored = false }, found.Devices);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<ContentKey?> ReleaseAsync(ContentKey key, ReadOnlyMemory<byte> device, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var released = _rows.TryGetValue(Bare(key), out var found) && (found.Devices.Remove(Convert.ToHexString(device.Span)) || !found.Row.IsStored) && found.Devices.Count == 0;
            return ValueTask.FromResult<ContentKey?>(released ? Remove(key) : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ContentKey?> ExpireAsync(ContentKey key, ulong olderThanMs, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult<ContentKey?>(_rows.TryGetValue(Bare(key), out var found) && found.Row.TouchedMs < olderThanMs ? Remove(key) : null);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentKey>> FindExpiredAsync(ulong storedBeforeMs, ulong writtenBeforeMs, int most, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<ContentKey>>(
                [.. _rows.Where(r => r.Value.Row.TouchedMs < (r.Value.Row.IsStored ? storedBeforeMs : writtenBeforeMs)).Take(most).Select(r => r.Key)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentKey>> FindDroppedAsync(int most, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult<IReadOnlyList<ContentKey>>([.. _dropped.Take(most)]);
    }

    /// <inheritdoc/>
    public ValueTask DroppedAsync(ContentKey key, CancellationToken cancellationToken)
    {
        lock (_gate) _dropped.Remove(key);
        return ValueTask.CompletedTask;
    }

    // A row is found whatever its generation.
    private static ContentKey Bare(ContentKey key) => key with { Generation = 0 };

    private ContentKey Remove(ContentKey key)
    {
        _rows.Remove(Bare(key), out var gone);
        var used = _usage[key.Group];
        if (used.Objects == 1) _usage.Remove(key.Group);
        else _usage[key.Group] = new ContentUsage(used.Bytes - gone.Row.Size, used.Objects - 1);
        key = key with { Generation = gone.Row.Generation };
        _dropped.Add(key);
        return key;
    }
}
