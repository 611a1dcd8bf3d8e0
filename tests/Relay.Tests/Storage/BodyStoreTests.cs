using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Relay.Tests.Content;
using ZeroK.Storage.AzureBlob;
using ZeroK.Storage.PostgreSql;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>What every <see cref="IBodyStore"/> promises. A new store is a class that says how to open one.</summary>
public abstract class BodyStoreTests : IAsyncLifetime
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IBodyStore Store { get; set; } = null!;

    /// <summary>Opens an empty store.</summary>
    protected abstract Task<IBodyStore> OpenAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(1_114_112)]
    public async Task Body_comes_back_as_it_was_put(int bytes)
    {
        var (name, body) = (Guid.NewGuid(), SomeBytes(bytes));
        await Store.PutAsync(name, body.AsMemory(), Stop);
        Assert.Equal(body, (await Store.GetAsync(name, Stop))!.Value.ToArray());
    }

    [Fact]
    public async Task Body_that_is_not_there_is_none_and_may_be_dropped()
    {
        Assert.Null(await Store.GetAsync(Guid.NewGuid(), Stop));
        await Store.DeleteAsync(Guid.NewGuid(), Stop);
    }

    [Fact]
    public async Task Put_that_is_repeated_changes_nothing()
    {
        var (name, body) = (Guid.NewGuid(), SomeBytes(100_000));
        await Store.PutAsync(name, body, Stop);
        await Store.PutAsync(name, body, Stop);
        Assert.Equal(body, (await Store.GetAsync(name, Stop))!.Value.ToArray());
        Assert.Equal([name], await ListAsync(TimeSpan.FromHours(-1)));
    }

    [Fact]
    public async Task Bodies_are_listed_by_age_and_not_once_they_are_dropped()
    {
        var names = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToList();
        foreach (var name in names) await Store.PutAsync(name, SomeBytes(10), Stop);
        Assert.Empty(await ListAsync(TimeSpan.FromHours(1)));
        Assert.Equal(names.Order(), (await ListAsync(TimeSpan.FromHours(-1))).Order());
        await Store.DeleteAsync(names[2], Stop);
        Assert.Null(await Store.GetAsync(names[2], Stop));
        Assert.Equal(names.Where(n => n != names[2]).Order(), (await ListAsync(TimeSpan.FromHours(-1))).Order());
    }

    [Fact]
    public async Task Many_at_once_do_not_mix()
    {
        var bodies = Enumerable.Range(0, 40).Select(i => (Name: Guid.NewGuid(), Body: SomeBytes(1_000 + i))).ToList();
        await Task.WhenAll(bodies.Select(b => Store.PutAsync(b.Name, b.Body, Stop)));
        var read = await Task.WhenAll(bodies.Select(b => Store.GetAsync(b.Name, Stop)));
        for (var i = 0; i < read.Length; i++) Assert.Equal(bodies[i].Body, read[i]!.Value.ToArray());
    }

    protected async Task<List<Guid>> ListAsync(TimeSpan olderThan)
    {
        var names = new List<Guid>();
        await foreach (var name in Store.ListAsync(olderThan, Stop)) names.Add(name);
        return names;
    }

    private static byte[] SomeBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}

public sealed class MemoryBodyStoreTests : BodyStoreTests
{
    protected override Task<IBodyStore> OpenAsync() => Task.FromResult<IBodyStore>(new MemoryBodyStore(TimeProvider.System));
}

public sealed class AzureBodyStoreTests(AzuriteFixture azurite) : BodyStoreTests
{
    protected override async Task<IBodyStore> OpenAsync() => await AzureBodyStore.OpenAsync(await azurite.NewContainerAsync(), TimeProvider.System, CancellationToken.None);
}

public sealed class PostgreSqlBodyStoreTests(PostgreSqlFixture server) : BodyStoreTests
{
    private PostgreSqlGroupStore? _store;
    private string _database = "";

    protected override async Task<IBodyStore> OpenAsync()
    {
        _database = await server.NewDatabaseAsync();
        _store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database }, TimeProvider.System, CancellationToken.None);
        return _store.Bodies;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task More_bodies_than_one_page_are_all_listed_by_the_databases_clock()
    {
        await NamedBodies.RunAsync(_database, "INSERT INTO zerok_bodies (name, body, put_at) SELECT gen_random_uuid(), '\\x01', now() - interval '61 minutes' FROM generate_series(1, 2500)");
        await NamedBodies.RunAsync(_database, "INSERT INTO zerok_bodies (name, body, put_at) SELECT gen_random_uuid(), '\\x01', now() - interval '59 minutes' FROM generate_series(1, 10)");
        Assert.Equal(2500, (await ListAsync(TimeSpan.FromHours(1))).Distinct().Count());
    }
}

public sealed class MovedBodyStoreTests : BodyStoreTests
{
    private readonly MemoryBodyStore _current = new(TimeProvider.System), _earlier = new(TimeProvider.System);

    protected override Task<IBodyStore> OpenAsync() => Task.FromResult<IBodyStore>(new MovedBodyStore(_current, _earlier));

    [Fact]
    public async Task What_was_put_before_the_move_is_read_listed_and_dropped_where_it_is()
    {
        var store = await OpenAsync();
        var (before, after) = (Guid.NewGuid(), Guid.NewGuid());
        await _earlier.PutAsync(before, new byte[] { 1 }, CancellationToken.None);
        await store.PutAsync(after, new byte[] { 2 }, CancellationToken.None);
        Assert.Equal((1, 1), (_current.Count, _earlier.Count));
        Assert.Equal([1], (await store.GetAsync(before, CancellationToken.None))!.Value.ToArray());
        Assert.Equal(new[] { before, after }.Order(), (await ListAsync(TimeSpan.FromHours(-1))).Order());
        await store.DeleteAsync(before, CancellationToken.None);
        Assert.Equal((1, 0), (_current.Count, _earlier.Count));
    }
}
