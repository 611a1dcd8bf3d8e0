using Xunit;
using ZeroK.Client;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Cli.Tests;

/// <summary>The content verbs, with a session that has no relay.</summary>
public sealed class ContentVerbTests : IDisposable
{
    private readonly FakeSession _session = new();
    private readonly FakeContents _contents = new();
    private readonly CliTestHost _host;

    public ContentVerbTests()
    {
        _session.Contents = _contents;
        _host = new CliTestHost { Sessions = _session };
        _host.Environment["ZEROK_DATA_DIR"] = _host.PathOf("device");
    }

    private string Written(string name, string text)
    {
        File.WriteAllText(_host.PathOf(name), text);
        return _host.PathOf(name);
    }

    [Fact]
    public async Task File_that_was_put_is_listed_and_comes_back()
    {
        var put = await _host.RunAsync("content", "put", Written("a.txt", "hello"), "--type", "text/plain", "--json");
        Assert.Equal(0, put.Code);
        var id = (string)put.The("content-put")["id"]!;
        Assert.Equal(12, (long)put.The("content-put")["moved"]!);
        Assert.Equal("a.txt", (string?)(await _host.RunAsync("content", "ls", "--json")).The("content")["name"]);
        Assert.Contains("a.txt", (await _host.RunAsync("content", "ls")).Out, StringComparison.Ordinal);
        foreach (var which in new[] { "a.txt", id[..6] })
        {
            var path = _host.PathOf("out-" + which);
            var got = await _host.RunAsync("content", "get", which, "--out", path, "--json");
            Assert.Equal(0, got.Code);
            Assert.Equal(5, (long)got.The("content-got")["bytes"]!);
            Assert.Equal("hello", await File.ReadAllTextAsync(path));
        }
    }

    [Theory]
    [InlineData("1-3", "ell")]
    [InlineData("2-", "llo")]
    [InlineData("0-0", "h")]
    public async Task Range_is_first_and_last_byte(string range, string expected)
    {
        await _host.RunAsync("content", "put", Written("a.txt", "hello"));
        Assert.Equal(0, (await _host.RunAsync("content", "get", "a.txt", "--range", range, "--out", _host.PathOf("r"))).Code);
        Assert.Equal(expected, await File.ReadAllTextAsync(_host.PathOf("r")));
    }

    [Theory]
    [InlineData("3-1")]
    [InlineData("-5")]
    [InlineData("a-b")]
    [InlineData("5")]
    public async Task Range_that_is_none_is_refused(string range) =>
        Assert.Equal(2, (await _host.RunAsync("content", "get", "a.txt", "--range=" + range)).Code);

    [Fact]
    public async Task Existing_file_stays_and_a_failed_get_leaves_nothing()
    {
        await _host.RunAsync("content", "put", Written("a.txt", "hello"));
        Assert.Equal(2, (await _host.RunAsync("content", "get", "a.txt", "--out", Written("there", "mine"))).Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(_host.PathOf("there")));
        _contents.Fails = new ContentException("changed on the way");
        var failed = await _host.RunAsync("content", "get", "a.txt", "--out", _host.PathOf("new"), "--json");
        Assert.Equal(6, failed.Code);
        Assert.Empty(Directory.GetFiles(_host.Folder, "*new*"));
    }

    [Fact]
    public async Task Quota_is_told_and_resume_is_hinted_at_and_works()
    {
        _contents.Fails = new ContentTransferException(ErrorCode.GroupQuotaExceeded, "its limit is 10 bytes, 5 are used, and this needs 7.") { Transfer = ContentId.New() };
        var put = await _host.RunAsync("content", "put", Written("a.txt", "hello"), "--json");
        Assert.Equal(4, put.Code);
        Assert.Contains("--resume", (string?)put.ErrorEvents.Single()["hint"], StringComparison.Ordinal);
        _contents.Fails = null;
        var reference = _contents.Reference([1, 2], new ContentOptions { Name = "late" });
        _contents.Unfinished.Add(new ContentTransfer(reference.Id, true, reference));
        Assert.Equal("late", (string?)(await _host.RunAsync("content", "put", "--resume", "--json")).The("content-put")["name"]);
    }

    [Fact]
    public async Task Collection_goes_into_a_folder_and_says_what_is_missing()
    {
        await _host.RunAsync("content", "put", Written("a.txt", "A"), Written("b.txt", "B"), "--collection", "both");
        _contents.Missing.Add("b.txt");
        var part = await _host.RunAsync("content", "get", "both", "--out", _host.PathOf("dir"), "--json");
        Assert.Equal(6, part.Code);
        Assert.False((bool)part.The("content-got")["complete"]!);
        Assert.Equal("b.txt", (string?)part.The("content-missing")["name"]);
        Assert.Equal(["a.txt"], Directory.GetFiles(_host.PathOf("dir")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Pull_keeps_references_it_was_handed_before_it_acknowledges_them()
    {
        var reference = _contents.Reference([7, 7], new ContentOptions { Name = "../evil" });
        _session.Arrives("../evil", reference.ToBytes());
        var pull = await _host.RunAsync("pull", "--json");
        Assert.Equal(0, pull.Code);
        Assert.Equal(reference.Id.Reveal(), (string?)pull.The("received")["content"]!["id"]);
        Assert.Equal([1ul], _session.Acked);
        Assert.Equal(0, (await _host.RunAsync("content", "get", reference.Id.Reveal()[..8], "--out", _host.PathOf("got"))).Code);
        Assert.Equal([7, 7], await File.ReadAllBytesAsync(_host.PathOf("got")));
    }

    [Fact]
    public async Task Removed_content_is_released_and_no_longer_listed()
    {
        await _host.RunAsync("content", "put", Written("a.txt", "hello"));
        Assert.Equal(0, (await _host.RunAsync("content", "rm", "a.txt")).Code);
        Assert.Single(_contents.Released);
        Assert.Equal(2, (await _host.RunAsync("content", "get", "a.txt")).Code);
    }

    [Theory]
    [InlineData("content", "put")]
    [InlineData("content", "put", "a", "--resume")]
    [InlineData("content", "put", "a", "b", "--name", "x")]
    [InlineData("content", "put", "/nowhere/at/all")]
    [InlineData("content", "get", "nothing")]
    public async Task Wrong_command_lines_are_refused(params string[] args) => Assert.Equal(2, (await _host.RunAsync(args)).Code);

    public void Dispose() => _host.Dispose();
}
