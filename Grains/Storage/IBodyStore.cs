namespace ZeroK.Grains.Storage;

/// <summary>Where a group store puts bodies that are too large for it. A body never changes; its name is random and used once.</summary>
public interface IBodyStore
{
    /// <summary>Keeps a body. Durable when the task completes.</summary>
    /// <exception cref="StoreException">The store failed; the body may or may not be there.</exception>
    Task PutAsync(Guid name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>Reads a body; null if there is none.</summary>
    /// <exception cref="StoreException">The store doesn't answer.</exception>
    Task<ReadOnlyMemory<byte>?> GetAsync(Guid name, CancellationToken cancellationToken);

    /// <summary>Names of bodies that were put longer ago than an age, in no order.</summary>
    /// <exception cref="StoreException">The store doesn't answer.</exception>
    IAsyncEnumerable<Guid> ListAsync(TimeSpan olderThan, CancellationToken cancellationToken);

    /// <summary>Drops a body. Nothing happens when there is none.</summary>
    /// <exception cref="StoreException">The store doesn't answer.</exception>
    Task DeleteAsync(Guid name, CancellationToken cancellationToken);
}
