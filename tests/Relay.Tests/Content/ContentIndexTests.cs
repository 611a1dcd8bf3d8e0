using Xunit;
using ZeroK.Relay.Tests.Storage;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Files;
using ZeroK.Storage.Content.Memory;

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
        Assert.Equal(new Announced(new ContentRow(100, false, 5), 100), await Index.AnnounceAsync(key, 100, 1000, 5, Stop));
        Index = await OpenAsync();
        Assert.Equal(new ContentRow(100, false, 5), await Index.FindAsync(key, Stop));
        await Index.StoredAsync(key, Laptop, 7, Stop);
        Index = await OpenAsync();
        Assert.Equal(new ContentRow(100, true, 7), await Index.FindAsync(key, Stop));
        await Index.DamagedAsync(key, Stop);
        Assert.Equal(new ContentRow(100, false, 7), await Index.FindAsync(key, Stop));
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
        await Index.AnnounceAsync(key, 100, 1000, 1, Stop);
        await Index.StoredAsync(key, Laptop, 1, Stop);
        await Index.StoredAsync(key, Phone, 1, Stop);
        await Index.StoredAsync(key, Phone, 1, Stop);
        Assert.False(await Index.ReleaseAsync(key, Laptop, Stop));
        Assert.False(await Index.ReleaseAsync(key, Laptop, Stop));
        Assert.NotNull(await Index.FindAsync(key, Stop));
        Assert.True(await Index.ReleaseAsync(key, Phone, Stop));
        Assert.Null(await Index.FindAsync(key, Stop));
        Assert.Equal(0, (await Index.AnnounceAsync(new SomeContent(5, 9).KeyIn(_group), 2000, 1000, 1, Stop)).UsedBytes);
    }

    [Fact]
    public async Task Device_that_never_referred_to_an_object_can_not_release_it()
    {
        var key = new SomeContent(100).KeyIn(_group);
        await Index.AnnounceAsync(key, 100, 1000, 1, Stop);
        await Index.StoredAsync(key, Laptop, 1, Stop);
        Assert.False(await Index.ReleaseAsync(key, Phone, Stop));
        Assert.NotNull(await Index.FindAsync(key, Stop));
    }

    [Fact]
    public async Task Only_what_was_not_touched_expires_uploads_by_their_own_time()
    {
        var (stored, written) = (new SomeContent(10, 1).KeyIn(_group), new SomeContent(10, 2).KeyIn(_group));
        await Index.AnnounceAsync(stored, 10, 1000, 100, Stop);
        await Index.StoredAsync(stored, Laptop, 100, Stop);
        await Index.AnnounceAsync(written, 10, 1000, 100, Stop);
        Assert.Empty(await Index.FindExpiredAsync(100, 100, 10, Stop));
        Assert.Equal([written], await Index.FindExpiredAsync(100, 101, 10, Stop));
        Assert.Equal(2, (await Index.FindExpiredAsync(101, 101, 10, Stop)).Count);
        Assert.Single(await Index.FindExpiredAsync(101, 101, 1, Stop));

        // Touched after it was found.
        await Index.AnnounceAsync(written, 10, 1000, 200, Stop);
        Assert.False(await Index.ExpireAsync(written, 101, Stop));
        Assert.True(await Index.ExpireAsync(stored, 101, Stop));
        Assert.Null(await Index.FindAsync(stored, Stop));
        Assert.NotNull(await Index.FindAsync(written, Stop));
    }
}

public sealed class MemoryContentIndexTests : ContentIndexTests
{
    private readonly MemoryContentIndex _index = new();

    protected override ValueTask<IContentIndex> OpenAsync() => ValueTask.FromResult<IContentIndex>(_index);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
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
