using ZeroK.Grains.Storage;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Something that waits for the writer. Its task completes when the outcome is durable.</summary>
internal abstract class WriteJob
{
    public abstract Guid Group { get; }

    /// <summary>Bytes of bodies.</summary>
    public virtual long Bytes => 0;

    public abstract void Fail(StoreException fault);
}

/// <summary>A commit; true if it went in.</summary>
internal sealed class CommitJob(GroupCommit commit) : WriteJob
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GroupCommit Commit { get; } = commit;

    public Task<bool> Task => _done.Task;

    public override Guid Group => Commit.Group;

    public override long Bytes { get; } = commit.InlineBytes;

    public void Complete(bool wentIn) => _done.SetResult(wentIn);

    public override void Fail(StoreException fault) => _done.SetException(fault);
}

/// <summary>A takeover; the new epoch, or null for a group that is not there.</summary>
internal sealed class TakeOverJob(Guid group) : WriteJob
{
    private readonly TaskCompletionSource<ulong?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<ulong?> Task => _done.Task;

    public override Guid Group => group;

    public void Complete(ulong? epoch) => _done.SetResult(epoch);

    public override void Fail(StoreException fault) => _done.SetException(fault);
}
