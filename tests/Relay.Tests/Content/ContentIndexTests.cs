using Xunit;
using ZeroK.Content;
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

    // So much room, besides what each object counts by itself.
    private static ContentQuota Room(long bytes, int objects = 10) => new(bytes + (objects * ContentUsage.ObjectBytes), objects);

    [Fact]
    public async Task Announced_object_is_being_written_until_it_is_stored_and_a_restart_keeps_that()
    {
        var key = new SomeContent(100).KeyIn(_group);
        Assert.Null(await Index.FindAsync(key, Stop));
        var announced = await Index.AnnounceAsync(key, 100, Room(1000), 5, Stop);
        var row = announced.Row!;
        Assert.Equal((100L, false, 5UL, 100L), (row.Size, row.IsStored, row.TouchedMs, announced.Usage.Bytes));
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
        Assert.Equal(new ContentUsage(600, 1), (await Index.AnnounceAsync(a.KeyIn(_group), 600, Room(1000, 2), 1, Stop)).Usage);
        Assert.Equal(new Announced(null, new ContentUsage(600, 1)), await Index.AnnounceAsync(b.KeyIn(_group), 500, Room(1000, 2), 1, Stop));
        Assert.Equal(new ContentUsage(600, 1), (await Index.AnnounceAsync(a.KeyIn(_group), 600, Room(1000, 2), 2, Stop)).Usage);
        Assert.NotNull((await Index.AnnounceAsync(b.KeyIn(Guid.NewGuid()), 500, Room(1000, 2), 1, Stop)).Row);
        Assert.Equal(new ContentUsage(1100, 2), (await Index.AnnounceAsync(b.KeyIn(_group), 500, Room(1100, 2), 1, Stop)).Usage);
        Assert.Equal(new ContentUsage(1100, 2), await Index.UsageAsync(_group, Stop));
        Assert.Equal(default, await Index.UsageAsync(Guid.NewGuid(), Stop));
    }

    [Fact]
    public async Task Many_small_objects_do_not_pass_the_quota_nor_the_number_that_a_group_may_have()
    {
        var quota = new ContentQuota(10 * (ContentUsage.ObjectBytes + 1), 1000);
        for (var i = 0; i < 10; i++) Assert.NotNull((await Index.AnnounceAsync(new SomeContent(1, i).KeyIn(_group) with { Hash = HashOf(i) }, 1, quota, 1, Stop)).Row);
        Assert.Null((await Index.AnnounceAsync(new SomeContent(1, 10).KeyIn(_group) with { Hash = HashOf(10) }, 1, quota, 1, Stop)).Row);
        Assert.Null((await Index.AnnounceAsync(new SomeContent(1, 10).KeyIn(_group) with { Hash = HashOf(10) }, 1, new ContentQuota(1 << 30, 10), 1, Stop)).Row);
        Assert.NotNull((await Index.AnnounceAsync(new SomeContent(1, 10).KeyIn(_group) with { Hash = HashOf(10) }, 1, new ContentQuota(1 << 30, 11), 1, Stop)).Row);
    }

    [Fact]
    public async Task Usage_is_the_sum_of_the_rows_whatever_happens_to_them()
    {
        var random = new Random(14);
        var sizes = new Dictionary<int, int>();
        for (var step = 0; step < 120; step++)
        {
            var i = random.Next(12);
            var key = new ContentKey(_group, HashOf(i));
            if (random.Next(3) > 0)
            {
                sizes.TryAdd(i, random.Next(100_000));
                key = key with { Generation = (await Index.AnnounceAsync(key, sizes[i], new ContentQuota(1 << 30, 100), (ulong)step, Stop)).Row!.Generation };
                if (random.Next(2) == 0) await Index.StoredAsync(key, Laptop, (ulong)step, Stop);
            }
            else if (random.Next(2) == 0 ? await Index.ReleaseAsync(key, Laptop, Stop) is not null : await Index.ExpireAsync(key, ulong.MaxValue / 4, Stop) is not null)
            {
                sizes.Remove(i);
            }

            if (step % 40 == 20) Index = await OpenAsync();
            Assert.Equal(new ContentUsage(sizes.Values.Sum(s => (long)s), sizes.Count), await Index.UsageAsync(_group, Stop));
        }
    }

    [Fact]
    public async Task Upload_under_way_goes_when_it_is_released_and_frees_its_room()
    {
        var key = new SomeContent(100).KeyIn(_group);
        var made = await AnnounceAsync(key, 100, 1);
        Assert.Equal(made, await Index.ReleaseAsync(key, Phone, Stop));
        Assert.Equal(default, await Index.UsageAsync(_group, Stop));
    }

    private static ContentHash HashOf(int i) => Blake3.Hash([(byte)i, (byte)(i >> 8)]);

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
        Assert.Equal(default, (await Index.AnnounceAsync(new SomeContent(5, 9).KeyIn(_group), 50_000, Room(1000), 1, Stop)).Usage);
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
        await Index.AnnounceAsync(written, 10, Room(1000), 100, Stop);
        Assert.Empty(await Index.FindExpiredAsync(100, 100, 10, Stop));
        Assert.Equal([written], await Index.FindExpiredAsync(100, 101, 10, Stop));
        Assert.Equal(2, (await Index.FindExpiredAsync(101, 101, 10, Stop)).Count);
        Assert.Single(await Index.FindExpiredAsync(101, 101, 1, Stop));

        // Touched after it was found.
        await Index.AnnounceAsync(written, 10, Room(1000), 200, Stop);
        Assert.Null(await Index.ExpireAsync(written, 101, Stop));
        Assert.NotNull(await Index.ExpireAsync(stored, 101, Stop));
        Assert.Null(await Index.FindAsync(stored, Stop));
        Assert.NotNull(await Index.FindAsync(written, Stop));
    }

    // With the generation that it got.
    private async Task<ContentKey> AnnounceAsync(ContentKey key, long size, ulong nowMs) =>
        key with { Generation = (await Index.AnnounceAsync(key, size, Room(1000), nowMs, Stop)).Row!.Generation };
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
            (i % 2 == 0 ? Index : other.Contents).AnnounceAsync(new SomeContent(100, i).KeyIn(group), 100, new ContentQuota(10 * (100 + ContentUsage.ObjectBytes), 100), 1, CancellationToken.None).AsTask()));
        Assert.Equal(10, announced.Count(a => a.Row is not null));
        Assert.Equal(new ContentUsage(1000, 10), announced.MaxBy(a => a.Usage.Objects)!.Usage);
    }

    [Fact]
    public async Task Relays_that_release_the_last_references_at_once_drop_the_object_once()
    {
        await using var other = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database! }, TimeProvider.System, CancellationToken.None);
        var key = new SomeContent(100).KeyIn(Guid.NewGuid());
        for (var round = 0; round < 10; round++)
        {
            var made = key with { Generation = (await Index.AnnounceAsync(key, 100, new ContentQuota(1 << 20, 100), 1, CancellationToken.None)).Row!.Generation };
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
    public async Task Callers_hold_no_thread_while_the_disk_is_busy()
    {
        await using var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_directory.Path, "content.db")};Pooling=false");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using (var busy = await other.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var command = other.CreateCommand();
            command.CommandText = "INSERT INTO dropped VALUES (x'00', x'00', 1)";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            // Each call comes back at once; one that held its thread would hold this one.
            var waiting = Enumerable.Range(0, 500).Select(i => _index!.AnnounceAsync(new ContentKey(Guid.NewGuid(), default), i, new ContentQuota(1 << 30, 10), 1, CancellationToken.None).AsTask()).ToList();
            Assert.DoesNotContain(waiting, w => w.IsCompleted);
            await busy.RollbackAsync(TestContext.Current.CancellationToken);
            Assert.All(await Task.WhenAll(waiting), a => Assert.NotNull(a.Row));
        }
    }

    [Fact]
    public async Task Index_of_the_first_version_is_brought_up_and_counts_what_it_has()
    {
        var group = Guid.NewGuid();
        for (var i = 0; i < 3; i++) await _index!.AnnounceAsync(new ContentKey(group, Blake3.Hash([(byte)i])), 100, new ContentQuota(1 << 30, 10), 1, CancellationToken.None);
        _index!.Dispose();
        var path = Path.Combine(_directory.Path, "content.db");
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TRIGGER object_added; DROP TRIGGER object_gone; DROP TABLE usage; PRAGMA user_version = 1";
            command.ExecuteNonQuery();
        }

        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        _index = SqliteContentIndex.Open(path);
        Assert.Equal(new ContentUsage(300, 3), await _index.UsageAsync(group, CancellationToken.None));
        Assert.Null((await _index.AnnounceAsync(new ContentKey(group, Blake3.Hash([9])), 100, new ContentQuota(1 << 30, 3), 1, CancellationToken.None)).Row);
        Assert.NotNull((await _index.AnnounceAsync(new ContentKey(group, Blake3.Hash([9])), 100, new ContentQuota(1 << 30, 4), 1, CancellationToken.None)).Row);
        Assert.Equal(new ContentUsage(400, 4), await _index.UsageAsync(group, CancellationToken.None));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
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
