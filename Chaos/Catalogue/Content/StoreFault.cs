namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>A fault of a real store, and what takes it away.</summary>
internal sealed class StoreFault(Func<Task> heal, IDisposable? holds) : IAsyncDisposable
{
    public Task HealAsync() => heal();

    public ValueTask DisposeAsync()
    {
        holds?.Dispose();
        return ValueTask.CompletedTask;
    }
}
