using Xunit;
using ZeroK.Relay.Tests.Storage;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Files;
using ZeroK.Storage.Content.Memory;
using ZeroK.Storage.PostgreSql;

namespace ZeroK.Relay.Tests.Content;

/// <summary>What every <see cref="IContentIndex"/> promises.</summary>
public abstract class ContentIndexTests : IAsyncLifetime
{
    private static readonly byte[] Laptop = [1], Phone = [2];
    private readonly Guid _group = Guid.NewGuid();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected IContentIndex Index { get; private set; } = null!;

    protected abstract ValueTask<IContentIndex> OpenAsync();

    public async ValueTask InitializeAsync() => Index = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Announced_object_is_being_written_until_it_is_stored_and_a_restart_keeps_that()
    {
        var key = new SomeContent(100).KeyIn(_group);
        Assert.Null(await Index.FindAsync(key, Stop));
        var announced = await Index.AnnounceAsync(key, 100, 1000, 5, Stop);
        var row = announced.Row!;
        Assert.Equal((100L, false, 5UL, 100L), (row.Size, row.IsStored, row.TouchedMs, announced.UsedBytes));
        Index = await OpenAsync();
        Assert.Equal(row, await Index.FindAsync(key, Stop));
        key = key with { Generation = row.Generation };
        Assert.True(await Index.StoredAsync(key, Laptop, 7, Stop));
        Index = await OpenAsync();
        Assert.Equal(row with { IsStored = true, TouchedMs = 7 }, await Index.FindAsync(key, Stop));
        await Index.DamagedAsync(key, Stop);
        Assert.Equal(row with { TouchedMs = 7 }, await Index.FindAsync(key, Stop));
    }

    [Fact]
    public async Task Quota_counts_uploads_and_groups_apart_and_an_object_once()
    {
        var (a, b) = (new SomeContent(600, 1), new SomeContent(500, 2));
        Assert.Equal(600, (await Index.AnnounceAsync(a.KeyIn(_group), 600, 1000, 1, Stop)).UsedBytes);
        Assert.Equal(new Announced(null, 600), await Index.AnnounceAsync(b.KeyIn(_group), 500, 1000, 1, Stop));
        Assert.Equal(600, (await Index.AnnounceAsync(a.KeyIn(_group), 600, 1000, 2, Stop)).UsedBytes);
        Assert.NotNull((await Index.AnnounceAsync(b.KeyIn(Guid.NewGuid()), 500, 1000, 1, Stop)).Row);
        Assert.NotNull((await Index.AnnounceAsync(b.KeyIn(_group), 500, 1100, 1, Stop)).Row);
    }

    [Fact]
    public async Task Object_goes_with_its_last_reference()
    {
        var key = new SomeContent(100).KeyIn(_group);
        var made = await AnnounceAsync(key, 100, 1);
        await Index.StoredAsync(made, Laptop, 1, Stop);
        await Index.StoredAsync(made, Phone, 1, Stop);
        await Index.StoredAsync(made, Phone, 1, Stop);
        Assert.Null(await Index.ReleaseAsync(key, Laptop, Stop));
        Assert.Null(await Index.ReleaseAsync(key, Laptop, Stop));
        Assert.NotNull(await Index.FindAsync(key, Stop));
        Assert.Equal(made, await Index.ReleaseAsync(key, Phone, Stop));
        Assert.Null(await Index.FindAsync(key, Stop));
        Assert.Equal(0, (await Index.AnnounceAsync(new SomeContent(5, 9).KeyIn(_group), 2000, 1000, 1, Stop)).UsedBytes);
    }

    [Fact]
    public async Task Device_that_never_referred_to_an_object_can_not_release_it()
    {
        var key = new SomeContent(100).KeyIn(_group);
        await Index.StoredAsync(await AnnounceAsync(key, 100, 1), Laptop, 1, Stop);
        Assert.Null(await Index.ReleaseAsync(key, Phone, Stop));
        Assert.NotNull(await Index.FindAsync(key, Stop));
    }

    [Fact]
    public async Task Object_that_was_put_again_is_another_generation_and_what_is_late_does_not_meet_it()
    {
        var key = new SomeContent(100).KeyIn(_group);
        var first = await AnnounceAsync(key, 100, 1);
        Assert.Equal(first, await AnnounceAsync(key, 100, 2));
        await Index.StoredAsync(first, Laptop, 2, Stop);
        Assert.Equal(first, await Index.ReleaseAsync(key, Laptop, Stop));
        Assert.False(await Index.StoredAsync(first, Laptop, 3, Stop));

        var second = await AnnounceAsync(key, 100, 4);
        Assert.NotEqual(first, second);
        Assert.False(await Index.StoredAsync(first, Laptop, 5, Stop));
        await Index.StoredAsync(second, Laptop, 5, Stop);
        await Index.DamagedAsync(first, Stop);
        Assert.True((await Index.FindAsync(key, Stop))!.IsStored);
    }

    [Fact]
    public async Task What_was_dropped_is_on_the_list_until_the_store_has_dropped_it_too()
    {
        var (a, b) = (new SomeContent(10, 1).KeyIn(_group), new SomeContent(10, 2).KeyIn(_group));
        var released = await AnnounceAsync(a, 10, 1);
        await Index.StoredAsync(released, Laptop, 1, Stop);
        var expired = await AnnounceAsync(b, 10, 1);
        Assert.Empty(await Index.FindDroppedAsync(10, Stop));
        await Index.ReleaseAsync(a, Laptop, Stop);
        Assert.Equal(expired, await Index.ExpireAsync(b, 2, Stop));
        var again = await AnnounceAsync(a, 10, 3);
        Index = await OpenAsync();
        Assert.Equal([expired, released], (await Index.FindDroppedAsync(10, Stop)).OrderBy(k => k == released));
        Assert.Single(await Index.FindDroppedAsync(1, Stop));
        await Index.DroppedAsync(again, Stop);
        await Index.DroppedAsync(released, Stop);
        Assert.Equal([expired], await Index.FindDroppedAsync(10, Stop));
    }

    [Fact]
    public async Task Only_what_was_not_touched_expires_uploads_by_their_own_time()
    {
        var (stored, written) = (new SomeContent(10, 1).KeyIn(_group), new SomeContent(10, 2).KeyIn(_group));
        await Index.StoredAsync(await AnnounceAsync(stored, 10, 100), Laptop, 100, Stop);
        await Index.AnnounceAsync(written, 10, 1000, 100, Stop);
        Assert.Empty(await Index.FindExpiredAsync(100, 100, 10, Stop));
        Assert.Equal([written], await Index.FindExpiredAsync(100, 101, 10, Stop));
        Assert.Equal(2, (await Index.FindExpiredAsync(101, 101, 10, Stop)).Count);
        Assert.Single(await Index.FindExpiredAsync(101, 101, 1, Stop));

        // Touched after it was found.
        await Index.AnnounceAsync(written, 10, 1000, 200, Stop);
        Assert.Null(await Index.ExpireAsync(written, 101, Stop));
        Assert.NotNull(await Index.ExpireAsync(stored, 101, Stop));
        Assert.Null(await Index.FindAsync(stored, Stop));
        Assert.NotNull(await Index.FindAsync(written, Stop));
    }

    // With the generation that it got.
    private async Task<ContentKey> AnnounceAsync(ContentKey key, long size, ulong nowMs) =>
        key with { Generation = (await Index.AnnounceAsync(key, size, 1000, nowMs, Stop)).Row!.Generation };
}

public sealed class MemoryContentIndexTests : ContentIndexTests
{
    private readonly MemoryContentIndex _index = new();

    protected override ValueTask<IContentIndex> OpenAsync() => ValueTask.FromResult<IContentIndex>(_index);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class PostgreSqlContentIndexTests(PostgreSqlFixture server) : ContentIndexTests
{
    private string? _database;
    private PostgreSqlGroupStore? _open;

    protected override async ValueTask<IContentIndex> OpenAsync()
    {
        _database ??= await server.NewDatabaseAsync();
        if (_open is not null) await _open.DisposeAsync();
        _open = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database }, TimeProvider.System, CancellationToken.None);
        return _open.Contents;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_open is not null) await _open.DisposeAsync();
    }

    [Fact]
    public async Task Relays_that_announce_at_once_stay_within_the_quota_together()
    {
        await using var other = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database! }, TimeProvider.System, CancellationToken.None);
        var group = Guid.NewGuid();
        var announced = await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
            (i % 2 == 0 ? Index : other.Contents).AnnounceAsync(new SomeContent(100, i).KeyIn(group), 100, 1000, 1, CancellationToken.None).AsTask()));
        Assert.Equal(10, announced.Count(a => a.Row is not null));
        Assert.Equal(1000, announced.Max(a => a.UsedBytes));
    }

    [Fact]
    public async Task Relays_that_release_the_last_references_at_once_drop_the_object_once()
    {
        await using var other = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database! }, TimeProvider.System, CancellationToken.None);
        var key = new SomeContent(100).KeyIn(Guid.NewGuid());
        for (var round = 0; round < 10; round++)
        {
            var made = key with { Generation = (await Index.AnnounceAsync(key, 100, 1000, 1, CancellationToken.None)).Row!.Generation };
            for (byte device = 0; device < 6; device++) await Index.StoredAsync(made, new[] { device }, 1, CancellationToken.None);
            var released = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? Index : other.Contents).ReleaseAsync(key, new[] { (byte)i }, CancellationToken.None).AsTask()));
            Assert.Equal(made, Assert.Single(released, r => r is not null));
        }
    }
}

public sealed class SqliteContentIndexTests : ContentIndexTests
{
    private readonly TempDirectory _directory = new();
    private SqliteContentIndex? _index;

    protected override ValueTask<IContentIndex> OpenAsync()
    {
        _index?.Dispose();
        return ValueTask.FromResult<IContentIndex>(_index = SqliteContentIndex.Open(Path.Combine(_directory.Path, "content.db")));
    }

    public override ValueTask DisposeAsync()
    {
        _index?.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Index_of_a_later_version_is_left_alone_and_the_message_says_what_to_do()
    {
        _index!.Dispose();
        var path = Path.Combine(_directory.Path, "content.db");
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 9";
            command.ExecuteNonQuery();
        }

        var refused = Assert.Throws<ContentStoreException>(() => SqliteContentIndex.Open(path));
        Assert.Contains("newer relay", refused.Message, StringComparison.Ordinal);
    }
}
