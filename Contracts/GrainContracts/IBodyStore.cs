namespace ZeroK.GrainContracts;

/// <summary>Where a cluster's gateways put bodies that are too large for a grain call and for the group store. A body never changes; its name is random and used once.</summary>
public interface IBodyStore
{
    /// <summary>Keeps a body. Durable when the task completes. May be repeated with the same body.</summary>
    /// <exception cref="BodyStoreException">The store failed; the body may or may not be there.</exception>
    Task PutAsync(Guid name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>Reads a body; null if there is none.</summary>
    /// <exception cref="BodyStoreException">The store doesn't answer.</exception>
    Task<ReadOnlyMemory<byte>?> GetAsync(Guid name, CancellationToken cancellationToken);

    /// <summary>Names of bodies that were put longer ago than an age, by the store's own clock, in no order.</summary>
    /// <exception cref="BodyStoreException">The store doesn't answer.</exception>
    IAsyncEnumerable<Guid> ListAsync(TimeSpan olderThan, CancellationToken cancellationToken);

    /// <summary>Drops a body. Nothing happens when there is none.</summary>
    /// <exception cref="BodyStoreException">The store doesn't answer.</exception>
    Task DeleteAsync(Guid name, CancellationToken cancellationToken);
}

/// <summary>The store of large bodies failed. The message says what an operator can do; it names no body.</summary>
public sealed class BodyStoreException : IOException
{
    public BodyStoreException(string message) : base(message) { }
    public BodyStoreException(string message, Exception inner) : base(message, inner) { }
    public BodyStoreException() { }
}
