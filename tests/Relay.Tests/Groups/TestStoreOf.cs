using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>A store that passes all on; a test overrides what it changes.</summary>
internal class TestStoreOf(IGroupStore inner) : IGroupStore
{
    public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => inner.GetRelaySecretAsync(cancellationToken);

    public ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken) => inner.TakeOverAsync(group, cancellationToken);

    public ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken) => inner.CommitAsync(commit, cancellationToken);

    public ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken) => inner.ReadBodiesAsync(group, cursors, cancellationToken);

    public ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken) => inner.FindExpiredAsync(olderThanMs, most, cancellationToken);

    public ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) => inner.FindUnusedAsync(keptUntilBeforeMs, most, cancellationToken);

    public ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken) => inner.EndAsync(group, epoch, lastCursor, cancellationToken);

    public ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

    public ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken) => inner.ReadNoteAsync(key, cancellationToken);

    public ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken) => inner.WriteNoteAsync(key, value, cancellationToken);
}
