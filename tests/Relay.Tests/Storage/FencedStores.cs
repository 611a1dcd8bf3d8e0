using Xunit;
using ZeroK.Grains.Storage;
using ZeroK.Storage.PostgreSql;
using ZeroK.Storage.Sqlite;

namespace ZeroK.Relay.Tests.Storage;

public sealed class MemoryFencingTests : FencingTests
{
    protected override ValueTask<IReadOnlyList<IGroupStore>> OpenAsync() => new(On(new MemoryDisk()));

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    [Theory]
    [MemberData(nameof(Fence.Parts), MemberType = typeof(Fence))]
    public async Task Suite_is_red_without(string part) => Assert.True(await Fence.IsRedAsync(On(new MemoryDisk { Fence = Fence.Without(part) })));

    private static IReadOnlyList<IGroupStore> On(MemoryDisk disk) => [new MemoryGroupStore(disk), new MemoryGroupStore(disk)];
}

public sealed class SqliteFencingTests : FencingTests
{
    private readonly TempDirectory _directory = new();
    private SqliteGroupStore? _open;

    // One process at a time has the file: two activations of one process share the store.
    protected override ValueTask<IReadOnlyList<IGroupStore>> OpenAsync()
    {
        _open = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path });
        return new([_open, _open]);
    }

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _open?.Dispose();
        _directory.Dispose();
        return default;
    }

    [Theory]
    [MemberData(nameof(Fence.Parts), MemberType = typeof(Fence))]
    public async Task Suite_is_red_without(string part)
    {
        using var directory = new TempDirectory();
        using var store = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = directory.Path, Fence = Fence.Without(part) });
        Assert.True(await Fence.IsRedAsync([store, store]));
    }
}

public sealed class PostgreSqlFencingTests(PostgreSqlFixture server) : FencingTests
{
    private readonly List<PostgreSqlGroupStore> _open = [];

    protected override async ValueTask<IReadOnlyList<IGroupStore>> OpenAsync() => await OpenAsync(sql => sql);

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var store in _open) await store.DisposeAsync();
    }

    // The judge of the judge: without a part of the fence, the suite above must find it.
    [Theory]
    [InlineData("AND g.epoch = a.epoch")]
    [InlineData("AND g.last_cursor = a.expected")]
    [InlineData("ON CONFLICT (key) DO NOTHING")]
    public async Task Suite_is_red_without(string part)
    {
        Assert.Contains(part, CommitStatement.Sql, StringComparison.Ordinal);
        var stores = await OpenAsync(sql => sql.Replace(part, "", StringComparison.Ordinal));
        Assert.True(part.StartsWith("ON", StringComparison.Ordinal) ? await Fence.FailsAsync(() => CreatesTwiceAsync(stores)) : await Fence.IsRedAsync(stores));
    }

    private static async Task<bool> CreatesTwiceAsync(IReadOnlyList<IGroupStore> stores)
    {
        var group = Guid.NewGuid();
        return await stores[0].CommitAsync(Commits.Create(group), TestContext.Current.CancellationToken) && await stores[1].CommitAsync(Commits.Create(group), TestContext.Current.CancellationToken);
    }

    private async Task<IReadOnlyList<IGroupStore>> OpenAsync(Func<string, string> commitSql)
    {
        var options = new PostgreSqlStoreOptions { ConnectionString = await server.NewDatabaseAsync(), CommitSql = commitSql };
        for (var i = 0; i < 2; i++) _open.Add(await PostgreSqlGroupStore.OpenAsync(options, TimeProvider.System, CancellationToken.None));
        return [.. _open.TakeLast(2)];
    }
}

/// <summary>The judge of the judge: whether the fencing suite finds a store without a part of its fence.</summary>
internal static class Fence
{
    private const int Seeds = 40;

    public static TheoryData<string> Parts => ["epoch", "cursor"];

    public static Func<bool, bool, bool> Without(string part) => part == "epoch" ? static (_, cursor) => cursor : static (epoch, _) => epoch;

    public static async Task<bool> IsRedAsync(IReadOnlyList<IGroupStore> stores)
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            if (await FailsAsync(async () => await FencingTests.StepsAsync(stores, seed) is not null)) return true;
        }

        return false;
    }

    // A row that is there already: the table's key refused what the fence should have.
    public static async Task<bool> FailsAsync(Func<Task<bool>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (e is StoreException or ArgumentException)
        {
            return true;
        }
    }
}
