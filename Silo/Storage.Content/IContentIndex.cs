using ZeroK.Wire;

namespace ZeroK.Storage.Content;

/// <summary>What is known of an object.</summary>
/// <param name="Size">Its bytes.</param>
/// <param name="IsStored">Sealed and readable; otherwise being written.</param>
/// <param name="TouchedMs">When it was last announced or referred to, Unix milliseconds.</param>
/// <param name="Generation">Made when the row was: part of the object's key in the store.</param>
public sealed record ContentRow(long Size, bool IsStored, ulong TouchedMs, long Generation);

/// <summary>How an announcement went.</summary>
/// <param name="Row">The object's row; null if it was refused for want of room.</param>
/// <param name="Usage">What the group's objects use, this one included if there is a row.</param>
public sealed record Announced(ContentRow? Row, ContentUsage Usage);

/// <summary>What a group's objects use, or may use.</summary>
/// <param name="Bytes">Bytes of the objects themselves.</param>
/// <param name="Objects">How many they are.</param>
public readonly record struct ContentUsage(long Bytes, long Objects)
{
    /// <summary>Bytes that each object counts besides its own: its row, its two files' entries, and the block that its last bytes fill in part. So a great many small ones don't pass the quota.</summary>
    public const int ObjectBytes = WireLimits.ContentObjectBytes;

    /// <summary>Bytes that count against the quota.</summary>
    public long Charged => Bytes + (Objects * ObjectBytes);

    /// <summary>Whether one more object stays within a quota.</summary>
    public bool HasRoomFor(long size, ContentQuota quota) => Objects < quota.ObjectsMax && size + ObjectBytes <= quota.BytesMax - Charged;
}

/// <summary>What a group may use.</summary>
/// <param name="BytesMax">Charged bytes.</param>
/// <param name="ObjectsMax">Objects.</param>
public readonly record struct ContentQuota(long BytesMax, long ObjectsMax);

/// <summary>Which objects a group has and which devices refer to them. Each call is one transaction, durable when it returns.</summary>
/// <remarks>
/// Several relays may share an index. A row that goes leaves a note in the same transaction, until the store has dropped the object: a relay that stops in between leaves no orphan.
/// All throw <see cref="ContentStoreException"/> when the index is full, broken or out of reach.
/// </remarks>
public interface IContentIndex
{
    /// <summary>The object's row, or null.</summary>
    ValueTask<ContentRow?> FindAsync(ContentKey key, CancellationToken cancellationToken);

    /// <summary>Makes a row for an object that is being written, if there is none and the group has room; touches one that is there.</summary>
    /// <remarks>Costs the same however many objects the group has: their sum is kept, not made.</remarks>
    ValueTask<Announced> AnnounceAsync(ContentKey key, long size, ContentQuota quota, ulong nowMs, CancellationToken cancellationToken);

    /// <summary>What a group's objects use.</summary>
    ValueTask<ContentUsage> UsageAsync(Guid group, CancellationToken cancellationToken);

    /// <summary>The object of this generation is sealed, and a device refers to it.</summary>
    /// <returns>False if there is no such row: it was dropped meanwhile.</returns>
    ValueTask<bool> StoredAsync(ContentKey key, ReadOnlyMemory<byte> device, ulong nowMs, CancellationToken cancellationToken);

    /// <summary>The sealed object of this generation turned out to be damaged: it is being written again.</summary>
    ValueTask DamagedAsync(ContentKey key, CancellationToken cancellationToken);

    /// <summary>A device no longer refers to the object. With its last reference the row goes, and so does that of an upload under way: only who puts it knows its address.</summary>
    /// <returns>With its generation, the object to drop; null if the row stays.</returns>
    ValueTask<ContentKey?> ReleaseAsync(ContentKey key, ReadOnlyMemory<byte> device, CancellationToken cancellationToken);

    /// <summary>Drops a row that has not been touched since a time, references and all. Nothing happens to one that was.</summary>
    /// <returns>With its generation, the object to drop; null if the row stays.</returns>
    ValueTask<ContentKey?> ExpireAsync(ContentKey key, ulong olderThanMs, CancellationToken cancellationToken);

    /// <summary>Objects that were last touched before a time.</summary>
    /// <param name="storedBeforeMs">For sealed ones.</param>
    /// <param name="writtenBeforeMs">For those that are being written.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<ContentKey>> FindExpiredAsync(ulong storedBeforeMs, ulong writtenBeforeMs, int most, CancellationToken cancellationToken);

    /// <summary>Objects whose row went, and that the store may still have.</summary>
    ValueTask<IReadOnlyList<ContentKey>> FindDroppedAsync(int most, CancellationToken cancellationToken);

    /// <summary>The store has dropped the object of this generation.</summary>
    ValueTask DroppedAsync(ContentKey key, CancellationToken cancellationToken);
}
