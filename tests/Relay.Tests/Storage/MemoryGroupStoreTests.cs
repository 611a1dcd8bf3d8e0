using ZeroK.Grains.Storage;

namespace ZeroK.Relay.Tests.Storage;

public sealed class MemoryGroupStoreTests : GroupStoreTests
{
    private readonly MemoryDisk _disk = new();

    protected override ValueTask<IGroupStore> OpenAsync() => new(new MemoryGroupStore(_disk));

    protected override ValueTask<IGroupStore> ReopenAsync() => OpenAsync();

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}
