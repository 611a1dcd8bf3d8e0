using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>A store that fails or holds the commits of a group when told to.</summary>
public sealed class TestStore(IGroupStore inner) : IGroupStore
{
    private readonly Dictionary<Guid, TaskCompletionSource> _held = [];
    private readonly Dictionary<Guid, List<TaskCompletionSource>> _heldAnswers = [];
    private readonly HashSet<Guid> _failing = [];
    private readonly Lock _gate = new();
    private int _waiting;

    public int Waiting => Volatile.Read(ref _waiting);

    public int BodyReads { get; private set; }

    public int TakeOvers { get; private set; }

    /// <summary>Commits of the group wait until <see cref="Release"/>.</summary>
    public void Hold(Guid group)
    {
        lock (_gate) _held[group] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release(Guid group, bool failing = false)
    {
        lock (_gate)
        {
            if (failing) _failing.Add(group);
            if (_held.Remove(group, out var gate)) gate.SetResult();
        }
    }

    /// <summary>Commits of the group go in, in their order, and each answer waits for <see cref="Answer"/>.</summary>
    public void HoldAnswers(Guid group)
    {
        lock (_gate) _heldAnswers[group] = [];
    }

    /// <summary>Answers that wait.</summary>
    public int AnswersOf(Guid group)
    {
        lock (_gate) return _heldAnswers[group].Count;
    }

    /// <summary>Gives the answer of one commit, counted from 0 in the order of the calls.</summary>
    public void Answer(Guid group, int place)
    {
        lock (_gate) _heldAnswers[group][place].SetResult();
    }

    public void Fail(Guid group, bool failing)
    {
        lock (_gate)
        {
            if (failing) _failing.Add(group);
            else _failing.Remove(group);
        }
    }

    public ValueTask<byte[]> GetRelaySecretAsync(CancellationToken cancellationToken) => inner.GetRelaySecretAsync(cancellationToken);

    public ValueTask<GroupSnapshot?> TakeOverAsync(Guid group, CancellationToken cancellationToken)
    {
        TakeOvers++;
        return inner.TakeOverAsync(group, cancellationToken);
    }

    public async ValueTask<bool> CommitAsync(GroupCommit commit, CancellationToken cancellationToken)
    {
        Task? gate;
        lock (_gate) gate = _held.GetValueOrDefault(commit.Group)?.Task;
        if (gate is not null)
        {
            Interlocked.Increment(ref _waiting);
            await gate;
            Interlocked.Decrement(ref _waiting);
        }

        lock (_gate)
        {
            if (_failing.Contains(commit.Group)) throw new StoreException("The test's store fails. Let it.");
        }

        var wentIn = await inner.CommitAsync(commit, cancellationToken);
        TaskCompletionSource? answer = null;
        lock (_gate)
        {
            if (_heldAnswers.TryGetValue(commit.Group, out var answers)) answers.Add(answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        if (answer is not null) await answer.Task;
        return wentIn;
    }

    public ValueTask<IReadOnlyList<StoredBody>> ReadBodiesAsync(Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken)
    {
        BodyReads++;
        return inner.ReadBodiesAsync(group, cursors, cancellationToken);
    }

    public ValueTask<IReadOnlyList<Guid>> FindExpiredAsync(ulong olderThanMs, int most, CancellationToken cancellationToken) => inner.FindExpiredAsync(olderThanMs, most, cancellationToken);

    public ValueTask<IReadOnlyList<Guid>> FindUnusedAsync(ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) => inner.FindUnusedAsync(keptUntilBeforeMs, most, cancellationToken);

    public ValueTask<bool> EndAsync(Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken) => inner.EndAsync(group, epoch, lastCursor, cancellationToken);

    public ValueTask<StoreUsage> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

    public ValueTask<byte[]?> ReadNoteAsync(string key, CancellationToken cancellationToken) => inner.ReadNoteAsync(key, cancellationToken);

    public ValueTask WriteNoteAsync(string key, byte[] value, CancellationToken cancellationToken) => inner.WriteNoteAsync(key, value, cancellationToken);
}
