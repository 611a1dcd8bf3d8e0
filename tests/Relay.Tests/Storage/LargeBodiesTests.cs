using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Grains.Storage;
using ZeroK.Relay.Tests.Content;
using ZeroK.Storage.AzureBlob;
using ZeroK.Storage.PostgreSql;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>All that a group store promises, with every body in a store of its own.</summary>
public sealed class PostgreSqlLargeBodiesStoreTests(PostgreSqlFixture server) : GroupStoreTests
{
    private readonly MemoryBodyStore _bodies = new(TimeProvider.System);
    private string? _database;
    private PostgreSqlGroupStore? _open;

    protected override async ValueTask<IGroupStore> OpenAsync()
    {
        _database ??= await server.NewDatabaseAsync();
        return _open = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database, Bodies = _bodies, InlineBytesMax = 0 }, TimeProvider.System, CancellationToken.None);
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

/// <summary>Large bodies: durable before their cursor, in order, and dropped only when nothing refers to them.</summary>
public sealed class LargeBodiesTests(PostgreSqlFixture server, AzuriteFixture azurite) : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Guid _group = Guid.NewGuid();
    private PostgreSqlGroupStore? _store;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_bodies_above_the_threshold_go_to_the_body_store_and_all_come_back_in_order()
    {
        var bodies = await OpenAsync(10);
        Assert.True(await _store!.CommitAsync(Commits.Append(_group, 1, 0, "small", "ten bytes.", "more than ten"), Stop));
        Assert.Equal(1, bodies.Count);
        Assert.Equal(["small", "ten bytes.", "more than ten"], await Commits.TextsAsync(_store, _group, 1, 2, 3));
        Assert.Equal([5, 10, 13], (await _store.TakeOverAsync(_group, Stop))!.Entries.Select(e => e.BodyBytes));
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_its_body_is_durable_and_what_follows_keeps_its_order()
    {
        var bodies = await OpenAsync(10);
        var open = new TaskCompletionSource();
        bodies.Before = () => open.Task;
        var large = _store!.CommitAsync(Commits.Append(_group, 1, 0, "more than ten"), Stop).AsTask();
        var small = _store.CommitAsync(Commits.Append(_group, 1, 1, "small"), Stop).AsTask();
        var other = Guid.NewGuid();
        Assert.True(await _store.CommitAsync(Commits.Create(other), Stop));
        Assert.False(large.IsCompleted || small.IsCompleted);
        open.SetResult();
        Assert.True(await large && await small);
        Assert.Equal(["more than ten", "small"], await Commits.TextsAsync(_store, _group, 1, 2));
    }

    [Fact]
    public async Task Failed_upload_fails_its_commit_and_fences_those_that_build_on_it()
    {
        var bodies = await OpenAsync(10);
        bodies.Before = () => throw new StoreException("Broken by the test.");
        var large = _store!.CommitAsync(Commits.Append(_group, 1, 0, "more than ten"), Stop).AsTask();
        var small = _store.CommitAsync(Commits.Append(_group, 1, 1, "small"), Stop).AsTask();
        await Assert.ThrowsAsync<StoreException>(() => large);
        Assert.False(await small);
        bodies.Before = null;
        Assert.True(await _store.CommitAsync(Commits.Append(_group, 1, 0, "more than ten"), Stop));
    }

    [Fact]
    public async Task Orphans_are_dropped_when_they_are_old_and_what_an_entry_refers_to_never()
    {
        var bodies = await OpenAsync(0);
        Assert.True(await _store!.CommitAsync(Commits.Append(_group, 1, 0, "kept", "dropped"), Stop));
        var row = Commits.Append(_group, 1, 2).Row;
        Assert.True(await _store.CommitAsync(new GroupCommit(_group, 1, new Cursor(2), row, [], [], [(new Cursor(2), BlobState.Forgotten)]), Stop));
        Assert.False(await _store.CommitAsync(Commits.Append(_group, 1, 7, "fenced"), Stop));
        Assert.Equal(3, bodies.Count);
        Assert.Equal(0, await _store.SweepBodiesAsync(Stop));
        _time.Advance(TimeSpan.FromMinutes(61));
        Assert.True(await _store.CommitAsync(Commits.Append(_group, 1, 2, "young"), Stop));
        Assert.Equal(2, await _store.SweepBodiesAsync(Stop));
        Assert.Equal(["kept", "young"], await Commits.TextsAsync(_store, _group, 1, 2, 3));
    }

    [Fact]
    public async Task Body_that_its_store_has_lost_is_a_failure_and_no_gap()
    {
        var bodies = await OpenAsync(0);
        Assert.True(await _store!.CommitAsync(Commits.Append(_group, 1, 0, "lost", "kept"), Stop));
        _time.Advance(TimeSpan.FromHours(2));
        await foreach (var name in bodies.ListAsync(TimeSpan.FromHours(1), Stop)) await bodies.DeleteAsync(name, Stop);
        var failure = await Assert.ThrowsAsync<StoreException>(() => Commits.TextsAsync(_store, _group, 1, 2));
        Assert.Contains("missing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_that_took_too_long_is_not_committed()
    {
        var bodies = await OpenAsync(0);
        bodies.Before = () =>
        {
            _time.Advance(TimeSpan.FromMinutes(11));
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<StoreException>(async () => await _store!.CommitAsync(Commits.Append(_group, 1, 0, "late"), Stop));
        Assert.Empty((await _store!.TakeOverAsync(_group, Stop))!.Entries);
    }

    [Fact]
    public async Task Azure_keeps_bodies_lists_them_by_age_and_drops_them()
    {
        var store = await AzureBodyStore.OpenAsync(await azurite.NewContainerAsync(), TimeProvider.System, Stop);
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        var body = new byte[1 << 20];
        new Random(1).NextBytes(body);
        await store.PutAsync(a, body, Stop);
        await store.PutAsync(b, body.AsMemory(0, 1), Stop);
        Assert.Equal(body, (await store.GetAsync(a, Stop))!.Value.ToArray());
        Assert.Null(await store.GetAsync(Guid.NewGuid(), Stop));
        Assert.Empty(await ListAsync(store, TimeSpan.FromHours(1)));
        Assert.Equal(new[] { a, b }.Order(), (await ListAsync(store, TimeSpan.FromHours(-1))).Order());
        await store.DeleteAsync(a, Stop);
        await store.DeleteAsync(a, Stop);
        Assert.Equal([b], await ListAsync(store, TimeSpan.FromHours(-1)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
    }

    private static async Task<List<Guid>> ListAsync(AzureBodyStore store, TimeSpan olderThan)
    {
        var names = new List<Guid>();
        await foreach (var name in store.ListAsync(olderThan, Stop)) names.Add(name);
        return names;
    }

    private async Task<MemoryBodyStore> OpenAsync(int inlineBytesMax)
    {
        var bodies = new MemoryBodyStore(_time);
        _store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = await server.NewDatabaseAsync(), Bodies = bodies, InlineBytesMax = inlineBytesMax }, _time, CancellationToken.None);
        Assert.True(await _store.CommitAsync(Commits.Create(_group), Stop));
        return bodies;
    }
}
