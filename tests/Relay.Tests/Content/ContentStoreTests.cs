using Xunit;
using ZeroK.Content;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Tests.Content;

/// <summary>What every <see cref="IContentStore"/> promises. A new store is a class that says how to open one.</summary>
public abstract class ContentStoreTests : IAsyncLifetime
{
    private readonly Guid _group = Guid.NewGuid();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected IContentStore Store { get; private set; } = null!;

    /// <summary>Opens the store on the test's own data; again on the same data when called again.</summary>
    protected abstract ValueTask<IContentStore> OpenAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    public static TheoryData<int> Sizes => [0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 100_000, 1_000_000];

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task What_was_written_and_sealed_is_read_back_and_verifies(int size)
    {
        var content = new SomeContent(size);
        var key = content.KeyIn(_group);
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        Store = await OpenAsync();
        var encoding = await PieceRules.EncodeAsync(Store, key, content.Tree, content.Tree.All, Stop);
        Assert.Equal(content.Bytes, content.Decode(0, size, encoding!.Value.Span));
    }

    [Fact]
    public async Task Unsealed_object_is_not_read()
    {
        var content = new SomeContent(100_000);
        var key = content.KeyIn(_group);
        await WriteAllAsync(content, key);
        Assert.Equal(0, await Store.ReadAsync(key, TreeSource.Content, 0, new byte[16], Stop));
    }

    [Fact]
    public async Task Stopped_upload_goes_on_after_what_was_written()
    {
        var content = new SomeContent(300_000);
        var key = content.KeyIn(_group);
        Assert.Equal(0, await Store.ResumeAsync(key, content.Tree, Stop));
        foreach (var (offset, count) in content.Pieces(64 * 1024).Take(2)) await WriteAsync(content, key, offset, count);
        Store = await OpenAsync();
        Assert.Equal(128 * 1024, await Store.ResumeAsync(key, content.Tree, Stop));
        foreach (var (offset, count) in content.Pieces(64 * 1024, 128 * 1024)) await WriteAsync(content, key, offset, count);
        await Store.SealAsync(key, content.Tree, Stop);
        Assert.NotNull(await PieceRules.EncodeAsync(Store, key, content.Tree, content.Tree.All, Stop));
    }

    [Fact]
    public async Task Sealed_object_without_its_row_is_taken_up_again_as_a_whole()
    {
        var content = new SomeContent(100_000);
        var key = content.KeyIn(_group);
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        await Store.ReopenAsync(key, Stop);
        Store = await OpenAsync();
        Assert.Equal(100_000, await Store.ResumeAsync(key, content.Tree, Stop));
        Assert.Equal(0, await Store.ReadAsync(key, TreeSource.Content, 0, new byte[16], Stop));
        await Store.SealAsync(key, content.Tree, Stop);
        Assert.NotNull(await PieceRules.EncodeAsync(Store, key, content.Tree, content.Tree.All, Stop));
    }

    [Fact]
    public async Task Same_bytes_in_two_groups_are_two_objects()
    {
        var content = new SomeContent(50_000);
        var (mine, theirs) = (content.KeyIn(_group), content.KeyIn(Guid.NewGuid()));
        await WriteAllAsync(content, mine);
        await Store.SealAsync(mine, content.Tree, Stop);
        Assert.Equal(0, await Store.ReadAsync(theirs, TreeSource.Content, 0, new byte[16], Stop));
        await Store.DeleteAsync(theirs, Stop);
        Assert.Equal(16, await Store.ReadAsync(mine, TreeSource.Content, 0, new byte[16], Stop));
    }

    [Fact]
    public async Task Deleted_object_is_gone_and_deleting_again_does_nothing()
    {
        var content = new SomeContent(50_000);
        var key = content.KeyIn(_group);
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        await Store.DeleteAsync(key, Stop);
        await Store.DeleteAsync(key, Stop);
        Assert.Equal(0, await Store.ReadAsync(key, TreeSource.Content, 0, new byte[16], Stop));
        Assert.Equal(0, await Store.ResumeAsync(key, content.Tree, Stop));
    }

    [Fact]
    public async Task Piece_that_is_written_twice_is_there_once()
    {
        var content = new SomeContent(100_000);
        var key = content.KeyIn(_group);
        await Store.ResumeAsync(key, content.Tree, Stop);
        await WriteAsync(content, key, 0, 65_536);
        await WriteAsync(content, key, 0, 65_536);
        Assert.Equal(65_536, await Store.ResumeAsync(key, content.Tree, Stop));
    }

    internal async Task WriteAllAsync(SomeContent content, ContentKey key)
    {
        await Store.ResumeAsync(key, content.Tree, Stop);
        foreach (var (offset, count) in content.Pieces(64 * 1024)) await WriteAsync(content, key, offset, count);
    }

    internal async Task WriteAsync(SomeContent content, ContentKey key, long offset, int count) =>
        await Store.WriteAsync(key, content.Tree, PieceRules.Verify(content.Hash, content.Tree, offset, count, content.Encode(offset, count))!, Stop);
}
