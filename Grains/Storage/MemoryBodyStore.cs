using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ZeroK.GrainContracts;

namespace ZeroK.Grains.Storage;

/// <summary>The body store's twin in memory, for tests and simulations.</summary>
public sealed class MemoryBodyStore(TimeProvider time) : IBodyStore
{
    private readonly ConcurrentDictionary<Guid, (byte[] Body, DateTimeOffset Put)> _bodies = new();

    /// <summary>Bodies that are kept.</summary>
    public int Count => _bodies.Count;

    /// <summary>Called before each step; may wait, or throw what a store throws.</summary>
    public Func<Task>? Before { get; set; }

    /// <inheritdoc/>
    public async Task PutAsync(Guid name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (Before is { } before) await before();
        _bodies[name] = (body.ToArray(), time.GetUtcNow());
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(Guid name, CancellationToken cancellationToken)
    {
        if (Before is { } before) await before();
        return _bodies.TryGetValue(name, out var kept) ? kept.Body.ToArray() : (ReadOnlyMemory<byte>?)null;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Guid> ListAsync(TimeSpan olderThan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Before is { } before) await before();
        foreach (var (name, kept) in _bodies)
        {
            if (time.GetUtcNow() - kept.Put > olderThan) yield return name;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(Guid name, CancellationToken cancellationToken)
    {
        if (Before is { } before) await before();
        _bodies.TryRemove(name, out _);
    }
}
