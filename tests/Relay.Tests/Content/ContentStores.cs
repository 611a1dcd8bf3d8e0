using Xunit;
using ZeroK.Content;
using ZeroK.Relay.Tests.Storage;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Files;
using ZeroK.Storage.Content.Memory;

namespace ZeroK.Relay.Tests.Content;

public sealed class MemoryContentStoreTests : ContentStoreTests
{
    private readonly MemoryContentStore _store = new();

    protected override ValueTask<IContentStore> OpenAsync() => ValueTask.FromResult<IContentStore>(_store);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class FileContentStoreTests : ContentStoreTests
{
    private readonly TempDirectory _directory = new();

    protected override ValueTask<IContentStore> OpenAsync() => ValueTask.FromResult<IContentStore>(new FileContentStore(_directory.Path));

    public override ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Part_that_never_reached_the_disk_is_not_counted_as_held()
    {
        var content = new SomeContent(300_000);
        var key = content.KeyIn(Guid.NewGuid());
        await WriteAllAsync(content, key);
        var part = Directory.EnumerateFiles(_directory.Path, "*.data.part", SearchOption.AllDirectories).Single();

        // As after a power failure: a page in the middle is zeros, the end is missing.
        using (var file = File.OpenHandle(part, FileMode.Open, FileAccess.Write)) RandomAccess.Write(file, new byte[4096], 100_000);
        Assert.Equal(100_000 / content.Tree.GroupSize * content.Tree.GroupSize, await Store.ResumeAsync(key, content.Tree, Stop));
        using (var file = File.OpenHandle(part, FileMode.Open, FileAccess.Write)) RandomAccess.SetLength(file, 50_000);
        Assert.Equal(50_000 / content.Tree.GroupSize * content.Tree.GroupSize, await Store.ResumeAsync(key, content.Tree, Stop));
    }

    [Fact]
    public async Task Announcement_alone_leaves_nothing_on_the_disk()
    {
        var content = new SomeContent(100_000);
        Assert.Equal(0, await Store.ResumeAsync(content.KeyIn(Guid.NewGuid()), content.Tree, Stop));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task Files_are_for_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        var content = new SomeContent(50_000);
        var key = content.KeyIn(Guid.NewGuid());
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        foreach (var file in Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories))
        {
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Missing_file_is_a_typed_failure_and_names_no_object()
    {
        var content = new SomeContent(50_000);
        var failure = await Assert.ThrowsAsync<ContentStoreException>(async () => await WriteAsync(content, content.KeyIn(Guid.NewGuid()), 16_384, 16_384));
        Assert.False(failure.IsFull);
        Assert.DoesNotContain(content.Hash.ToHex(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Full_disk_is_told_from_a_broken_one()
    {
        Assert.True(StableStorage.IsFull(new IOException("", 28)));
        Assert.False(StableStorage.IsFull(new IOException("", 5)));
    }
}
