using ZeroK.Content;

namespace ZeroK.Storage.Content.Memory;

/// <summary>The content store's twin in memory, for tests and simulations.</summary>
public sealed class MemoryContentStore : IContentStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ContentKey, Kept> _objects = [];

    /// <summary>Objects, sealed or not.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _objects.Count;
        }
    }

    /// <summary>Called before each step; may throw what a store throws.</summary>
    public Action<ContentKey>? Before { get; set; }

    /// <summary>Changes an object in place, whatever its generation: a store that went bad.</summary>
    public void Damage(ContentKey key, Action<byte[]> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate) change(_objects.Single(o => o.Key.Group == key.Group && o.Key.Hash == key.Hash).Value.Bytes);
    }

    /// <inheritdoc/>
    public ValueTask<long> ResumeAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Before?.Invoke(key);
            if (!_objects.TryGetValue(key, out var kept) || kept.IsSealed) _objects[key] = kept = new Kept(tree);
            var encoder = new RangeEncoder(key.Hash, tree, tree.All);
            while (encoder.Next is { Source: not TreeSource.None, Length: > 0 } next && kept.Has(next) && encoder.Supply(kept.Read(next), null)) ;
            kept.Held = encoder.VerifiedThrough;
            return ValueTask.FromResult(kept.Held);
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ContentKey key, ContentTree tree, VerifiedRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        lock (_gate)
        {
            Before?.Invoke(key);
            var kept = _objects[key];
            run.Bytes.CopyTo(kept.Bytes.AsMemory((int)run.Offset));
            foreach (var (offset, parent) in run.Parents) parent.CopyTo(kept.Outboard.AsMemory((int)offset));
            kept.Held = Math.Max(kept.Held, run.Offset + run.Bytes.Length);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SealAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Before?.Invoke(key);
            _objects[key].IsSealed = true;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(ContentKey key, TreeSource source, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Before?.Invoke(key);
            if (!_objects.TryGetValue(key, out var kept) || !kept.IsSealed) return ValueTask.FromResult(0);
            var from = source == TreeSource.Content ? kept.Bytes : kept.Outboard;
            var count = (int)Math.Clamp(from.Length - offset, 0, destination.Length);
            from.AsMemory((int)offset, count).CopyTo(destination);
            return ValueTask.FromResult(count);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReopenAsync(ContentKey key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Before?.Invoke(key);
            if (_objects.TryGetValue(key, out var kept)) kept.IsSealed = false;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(ContentKey key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Before?.Invoke(key);
            _objects.Remove(key);
        }

        return ValueTask.CompletedTask;
    }

    private sealed class Kept(ContentTree tree)
    {
        public byte[] Bytes { get; } = new byte[tree.Length];

        public byte[] Outboard { get; } = new byte[tree.OutboardSize];

        public long Held { get; set; }

        public bool IsSealed { get; set; }

        public bool Has(TreeRead read) => read.Source == TreeSource.Outboard || read.Offset + read.Length <= Held;

        public ReadOnlySpan<byte> Read(TreeRead read) => (read.Source == TreeSource.Content ? Bytes : Outboard).AsSpan((int)read.Offset, read.Length);
    }
}
