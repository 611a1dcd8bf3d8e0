using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Grains.Storage;

/// <summary>An ordered durable log for each group, with fencing. Many groups and callers at once.</summary>
/// <remarks>
/// Durable: a task that completed without an exception is on stable storage. Atomic: a commit happens whole or not at all.
/// A store groups the commits of all callers into few transactions; a refused commit never fails another one.
/// </remarks>
public interface IGroupStore
{
    /// <summary>Whether several relays use the same data.</summary>
    bool IsShared => false;

    /// <summary>A secret of the relay, made at random once and kept with the data: 32 bytes.</summary>
    ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken);

    /// <summary>Becomes the group's writer: bumps its epoch, so that every earlier writer is refused, and then reads what there is. Null for a group that does not exist.</summary>
    /// <exception cref="StoreException">The store doesn't answer; nothing is known.</exception>
    ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken);

    /// <summary>Applies changes of one group in one transaction. Commits of one group apply in the order of the calls, also when the caller doesn't wait in between.</summary>
    /// <returns>False if it was fenced: another writer has taken over, or the expected cursor is not the next one; by a store with a clock of its own also if a named body was put so long ago that it may be dropped as an orphan. Nothing was changed then.</returns>
    /// <exception cref="StoreException">The store failed; the transaction may or may not have happened. The caller gives up its ownership.</exception>
    ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken);

    /// <summary>Reads bodies by cursor, ascending; of one that lies in the body store its name. A cursor without a body (forgotten meanwhile) is left out.</summary>
    ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken);

    /// <summary>Groups that keep a body older than a time, Unix milliseconds.</summary>
    ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken);

    /// <summary>Groups whose row says that they need not be kept beyond a time, Unix milliseconds.</summary>
    ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken);

    /// <summary>Removes a group with all its rows; its owner calls it when no commit is under way.</summary>
    /// <returns>False if it was fenced: another writer has taken over, or the last cursor is another one. Nothing was changed then.</returns>
    ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken);

    /// <summary>How much there is of everything.</summary>
    ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken);

    /// <summary>A value that the relay keeps beside its groups; null if there is none.</summary>
    ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken);

    /// <summary>Keeps a value beside the groups; the last one counts. Durable when it returns.</summary>
    ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken);
}

/// <summary>What a store holds.</summary>
/// <param name="Groups">Groups.</param>
/// <param name="Bytes">Bytes that they take where the store keeps them.</param>
public readonly record struct StoreUsage(long Groups, long Bytes);

/// <summary>What a new owner of a group gets. Entries ascend by cursor without a hole from HistoryStart to LastCursor.</summary>
public sealed record GroupSnapshot(ulong Epoch, GroupRow Row, IReadOnlyList<DeviceRow> Devices, IReadOnlyList<EntryRow> Entries);

/// <summary>The group's own row. LastCursor outlives all entries: it never goes back.</summary>
public sealed record GroupRow(byte[] LogId, byte[] AdmissionHash, Cursor LastCursor, Cursor HistoryStart, Cursor ExpiredThrough)
{
    /// <summary>Up to here blobs go only when their time is over: somebody who had not read them was blocked.</summary>
    public Cursor HeldThrough { get; init; }

    /// <summary>Until when the group is kept if nobody uses it any more, Unix milliseconds.</summary>
    public ulong KeptUntilMs { get; init; }
}

/// <summary>A device of a group. It has pushed the sequences from FirstSequence to LastSequence here; both are 0 if it has pushed none.</summary>
public sealed record DeviceRow(DeviceId Id, byte[] SealedName, ulong FirstSeenMs, ulong LastSeenMs, Cursor Acked, ulong FirstSequence, ulong LastSequence, BlobId? LastBlob, bool Revoked);

/// <summary>One cursor of the log, without its body.</summary>
public sealed record EntryRow(Cursor Cursor, BlobState State, DeviceId Sender, ulong Sequence, BlobId Blob, ulong ReceivedAtMs, int BodyBytes);

/// <summary>A new entry with its body, or with the name of one that is durable in the body store; its state is Present.</summary>
public sealed record Append(Cursor Cursor, DeviceId Sender, ulong Sequence, BlobId Blob, ulong ReceivedAtMs, ReadOnlyMemory<byte> Body)
{
    /// <summary>Where the body lies if it lies in an <see cref="IBodyStore"/>; <see cref="Body"/> is empty then.</summary>
    public NamedBody? Elsewhere { get; init; }

    /// <summary>Bytes of the body, wherever it lies.</summary>
    public int BodyBytes => Elsewhere?.Bytes ?? Body.Length;
}

/// <summary>A body, or its name in the body store.</summary>
public readonly record struct StoredBody(Cursor Cursor, ReadOnlyMemory<byte> Body, Guid? Name = null);

/// <summary>Changes of one group, applied in this order: appends, device rows (inserted or replaced), device rows that go, bodies dropped (the entry stays as a stub of that state), trimming (entries below the row's HistoryStart go), the row.</summary>
/// <param name="Group">The group's pseudonym.</param>
/// <param name="Epoch">The owner's epoch, from <see cref="IGroupStore.TakeOverAsync"/>; 0 creates the group: refused if it exists, and its creator owns it with epoch 1.</param>
/// <param name="ExpectedLastCursor">The group's last cursor before this commit.</param>
/// <param name="Row">The group's row after this commit; LastCursor = ExpectedLastCursor + appends.</param>
/// <param name="Appends">Ascending from ExpectedLastCursor + 1, without a hole.</param>
/// <param name="Devices">Rows to insert or replace.</param>
/// <param name="Dropped">Bodies to drop: Forgotten or Deleted.</param>
public sealed record GroupCommit(Guid Group, ulong Epoch, Cursor ExpectedLastCursor, GroupRow Row, IReadOnlyList<Append> Appends, IReadOnlyList<DeviceRow> Devices, IReadOnlyList<(Cursor Cursor, BlobState State)> Dropped)
{
    /// <summary>Devices whose rows go; none of them has an entry, or a row in the same commit.</summary>
    public IReadOnlyList<DeviceId> Gone { get; init; } = [];

    /// <summary>Bytes of all bodies.</summary>
    public long BodyBytes => Sum(static a => a.BodyBytes);

    /// <summary>Bytes of the bodies that are in the commit itself.</summary>
    public long InlineBytes => Sum(static a => a.Body.Length);

    private long Sum(Func<Append, int> bytesOf)
    {
        long bytes = 0;
        for (var i = 0; i < Appends.Count; i++) bytes += bytesOf(Appends[i]);
        return bytes;
    }
}

/// <summary>The store failed: full, broken, or out of reach. The message says what an operator can do.</summary>
public sealed class StoreException : IOException
{
    public StoreException(string message) : base(message) { }
    public StoreException(string message, Exception inner) : base(message, inner) { }
    public StoreException() { }
}
