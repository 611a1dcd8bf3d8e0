namespace ZeroK.Client.Sync;

/// <summary>Wakes all who wait. Take <see cref="Next"/> first, then look at the state, then await it: nothing is missed.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Next => Volatile.Read(ref _source).Task;

    public void Pulse() => Interlocked.Exchange(ref _source, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
