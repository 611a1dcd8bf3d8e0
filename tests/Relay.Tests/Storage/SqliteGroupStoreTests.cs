using ZeroK.Grains.Storage;
using ZeroK.Storage.Sqlite;

namespace ZeroK.Relay.Tests.Storage;

public sealed class SqliteGroupStoreTests : GroupStoreTests
{
    private readonly TempDirectory _directory = new();
    private SqliteGroupStore? _open;

    protected override bool KeepsNames => false;

    protected override ValueTask<IGroupStore> OpenAsync() => new(_open = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path }));

    protected override ValueTask<IGroupStore> ReopenAsync()
    {
        _open!.Dispose();
        return OpenAsync();
    }

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _open?.Dispose();
        _directory.Dispose();
        return default;
    }
}
