using ZeroK.Content;

namespace ZeroK.Storage.Content;

/// <summary>Where immutable ciphertext objects and their trees lie. Many objects at once; one caller at a time for an object that is being written.</summary>
/// <remarks>It is never asked for an object that was not sealed, and is not trusted: what it returns is verified before it leaves.</remarks>
public interface IContentStore
{
    /// <summary>Begins to write an object, or goes on with what a stopped upload left. What is there is verified, since it was not yet put on stable storage.</summary>
    /// <returns>Bytes from the object's start that are good; whole chunk groups, or all.</returns>
    /// <exception cref="ContentStoreException">The store is full, broken or out of reach.</exception>
    ValueTask<long> ResumeAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken);

    /// <summary>Keeps a run. It follows what is there, or repeats it.</summary>
    /// <exception cref="ContentStoreException">The store is full, broken or out of reach.</exception>
    ValueTask WriteAsync(ContentKey key, ContentTree tree, VerifiedRun run, CancellationToken cancellationToken);

    /// <summary>Puts a whole object on stable storage, where it can be read.</summary>
    /// <exception cref="ContentStoreException">The store is full, broken or out of reach.</exception>
    ValueTask SealAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken);

    /// <summary>Reads a part of a sealed object, or of its outboard.</summary>
    /// <param name="key">The object.</param>
    /// <param name="source">The object or its outboard.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="destination">Filled as far as there are bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Bytes read; fewer than asked for only where the stored object ends too early.</returns>
    /// <exception cref="ContentStoreException">The store is broken or out of reach.</exception>
    ValueTask<int> ReadAsync(ContentKey key, TreeSource source, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Makes a sealed object one that is being written again: its bytes turned out to be wrong.</summary>
    /// <exception cref="ContentStoreException">The store is broken or out of reach.</exception>
    ValueTask ReopenAsync(ContentKey key, CancellationToken cancellationToken);

    /// <summary>Drops an object, sealed or not. Nothing happens when there is none.</summary>
    /// <exception cref="ContentStoreException">The store is broken or out of reach.</exception>
    ValueTask DeleteAsync(ContentKey key, CancellationToken cancellationToken);
}
