using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Cluster.Tests.Silos;

/// <summary>A silo's way to the disk, which a test slows, breaks or holds. Commits go one after the other, as they came.</summary>
internal sealed class FaultyStore(IGroupStore inner) : IGroupStore, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private volatile TaskCompletionSource? _held;
    private volatile bool _down;
    private int _failures;
    private int _waiting;
    private int _fenced;

    /// <summary>How long each commit takes.</summary>
    public TimeSpan CommitTakes { get; set; }

    /// <summary>Calls that failed because the store was down.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>Commits that wait for <see cref="Release"/>.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Commits that the disk refused, since another owner had the group.</summary>
    public int Fenced => Volatile.Read(ref _fenced);

    public bool Down { get => _down; set => _down = value; }

    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

    public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => inner.GetRelaySecretAsync(cancellationToken);

    public ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        return inner.TakeOverAsync(group, cancellationToken);
    }

    public async ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_held is { } held) await held.Task;
            if (CommitTakes > TimeSpan.Zero) await Task.Delay(CommitTakes, TimeProvider.System, cancellationToken);
            ThrowIfDown();
            var wentIn = await inner.CommitAsync(commit, cancellationToken);
            if (!wentIn) Interlocked.Increment(ref _fenced);
            return wentIn;
        }
        finally
        {
            _turn.Release();
            Interlocked.Decrement(ref _waiting);
        }
    }

    public ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        return inner.ReadBodiesAsync(group, cursors, cancellationToken);
    }

    public ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken) => inner.FindExpiredAsync(olderThanMs, most, cancellationToken);

    public ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) => inner.FindUnusedAsync(keptUntilBeforeMs, most, cancellationToken);

    public ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken) => inner.EndAsync(group, epoch, lastCursor, cancellationToken);

    public ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

    public ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken) => inner.ReadNoteAsync(key, cancellationToken);

    public ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken) => inner.WriteNoteAsync(key, value, cancellationToken);

    public void Dispose() => _turn.Dispose();

    private void ThrowIfDown()
    {
        if (!_down) return;
        Interlocked.Increment(ref _failures);
        throw new StoreException("The test's store is down. Let it.");
    }
}
