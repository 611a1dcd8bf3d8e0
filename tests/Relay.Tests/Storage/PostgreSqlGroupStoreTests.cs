using ZeroK.Grains.Storage;
using ZeroK.Storage.PostgreSql;

namespace ZeroK.Relay.Tests.Storage;

public sealed class PostgreSqlGroupStoreTests(PostgreSqlFixture server) : GroupStoreTests
{
    private string? _database;
    private PostgreSqlGroupStore? _open;

    protected override async ValueTask<IGroupStore> OpenAsync()
    {
        _database ??= await server.NewDatabaseAsync();
        return _open = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database }, TimeProvider.System, CancellationToken.None);
    }

    protected override async ValueTask<IGroupStore> ReopenAsync()
    {
        await _open!.DisposeAsync();
        return await OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_open is not null) await _open.DisposeAsync();
    }
}
