using System.Diagnostics;
using System.Text;
using Xunit;
using ZeroK.Cli.Files;
using ZeroK.Client;

namespace ZeroK.Cli.Tests;

/// <summary>Files and folders as they are on real disks: odd names, what only looks like a file, what changes meanwhile.</summary>
public sealed class FileKindTests : IDisposable
{
    private readonly FakeSession _session = new();
    private readonly FakeContents _contents = new();
    private readonly CliTestHost _host;

    public FileKindTests()
    {
        _session.Contents = _contents;
        _host = new CliTestHost { Sessions = _session };
        _host.Environment["ZEROK_DATA_DIR"] = _host.PathOf("device");
    }

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("Icon\r")]
    [InlineData("etc.")]
    [InlineData("blank ")]
    [InlineData("aux.c")]
    [InlineData("COM1")]
    [InlineData("a\\b")]
    public async Task One_name_that_others_can_not_write_does_not_stop_its_folder(string name)
    {
        SkipOnWindows();
        Written("d/a.txt", "a");
        Written("d/" + name, "b");
        Written("d/z.txt", "z");
        var push = await _host.RunAsync("push", "--dir", _host.PathOf("d"));
        Assert.Equal((int)ExitCode.DataProblem, push.Code);
        Assert.Equal(["a.txt", "z.txt"], _session.Pushes.Select(p => p.Label));
        Assert.Contains("is passed over", push.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_of_a_bad_name_is_told_once_and_so_is_one_that_is_too_deep()
    {
        SkipOnWindows();
        Written("d/ok", "a");
        for (var i = 0; i < 3; i++) Written($"d/nul/{i}", "b");
        Written("d/" + string.Concat(Enumerable.Repeat("x/", LabelPath.DepthMax)) + "deep", "b");
        var push = await _host.RunAsync("push", "--dir", _host.PathOf("d"), "--json");
        Assert.Equal((int)ExitCode.DataProblem, push.Code);
        Assert.Equal(2, push.ErrorEvents.Count(e => (string?)e["event"] == "warning"));
        Assert.Equal("ok", Assert.Single(_session.Pushes).Label);
    }

    [Fact]
    public async Task Name_that_is_not_UTF8_is_named_as_that_and_the_others_go()
    {
        SkipOnWindows();
        Written("d/ok", "a");
        await ShellAsync($"printf x >d/$'caf\\xe9.txt'; mkdir d/$'r\\xe9p'; printf y >d/$'r\\xe9p'/in");
        var push = await _host.RunAsync("push", "--dir", _host.PathOf("d"));
        Assert.Equal((int)ExitCode.DataProblem, push.Code);
        Assert.Equal(2, push.Error.Split("UTF-8").Length - 1);
        Assert.Equal("ok", Assert.Single(_session.Pushes).Label);

        // .NET can't name them either.
        await ShellAsync("rm -rf d");
    }

    [Fact]
    public async Task What_is_no_file_is_passed_over_in_a_folder_and_refused_by_name()
    {
        SkipOnWindows();
        Written("d/ok", "a");
        Directory.CreateSymbolicLink(_host.PathOf("d/circle"), _host.PathOf("d"));
        File.CreateSymbolicLink(_host.PathOf("d/self"), "self");
        await ShellAsync("mkfifo d/pipe; python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('d/socket')\"");
        var push = await _host.RunAsync("push", "--dir", _host.PathOf("d"), "--json");
        Assert.Equal(0, push.Code);
        Assert.Equal(4, push.ErrorEvents.Count(e => (string?)e["event"] == "warning"));
        Assert.Equal("ok", Assert.Single(_session.Pushes).Label);
        foreach (var name in new[] { _host.PathOf("d/pipe"), _host.PathOf("d/socket"), _host.PathOf("d/self"), "/dev/zero", "/dev/null", _host.PathOf("d"), _host.PathOf("none") })
        {
            Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("content", "put", name)).Code);
            Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("content", "put", _host.PathOf("d/ok"), "--preview", name)).Code);
            Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("push", "--file", name)).Code);
        }
    }

    [Fact]
    public async Task File_that_goes_away_or_grows_while_its_folder_is_pushed_does_not_stop_the_others()
    {
        foreach (var i in Enumerable.Range(0, 6)) Written($"d/f{i}", "x");
        _session.OnPush = label =>
        {
            if (label != "f0") return;
            File.Delete(_host.PathOf("d/f1"));
            File.WriteAllBytes(_host.PathOf("d/f2"), new byte[(1 << 20) + 1]);
            File.Delete(_host.PathOf("d/f3"));
            Directory.CreateDirectory(_host.PathOf("d/f3"));
            File.Delete(_host.PathOf("d/f4"));
            File.CreateSymbolicLink(_host.PathOf("d/f4"), "/etc/hostname");
        };
        var push = await _host.RunAsync("push", "--dir", _host.PathOf("d"), "--json");
        Assert.Equal((int)ExitCode.DataProblem, push.Code);
        Assert.Equal(["f0", "f5"], _session.Pushes.Select(p => p.Label));
        Assert.Equal(4, push.ErrorEvents.Count(e => (string?)e["event"] == "warning"));
        Assert.Equal(2, (int)push.The("done")["blobs"]!);
    }

    [Theory]
    [InlineData(240)]
    [InlineData(241)]
    [InlineData(250)]
    [InlineData(255)]
    public async Task Name_of_any_length_that_a_file_may_have_is_fetched_under_it(int length)
    {
        var name = new string('n', length);
        await _host.RunAsync("content", "put", Written("in/" + name, "x"));
        Assert.Equal(0, (await _host.RunAsync("content", "get", name, "--out", _host.PathOf("out/" + name))).Code);
        Assert.Equal("x", await File.ReadAllTextAsync(_host.PathOf("out/" + name)));
        await _host.RunAsync("content", "put", _host.PathOf("in/" + name), "--collection", "all");
        Assert.Equal(0, (await _host.RunAsync("content", "get", "all", "--out", _host.PathOf("coll"))).Code);
        Assert.Equal([name], Directory.GetFiles(_host.PathOf("coll")).Select(Path.GetFileName));
    }

    [Fact]
    public void File_beside_another_keeps_within_the_length_of_a_name_whatever_its_ending()
    {
        var writer = new SafeFileWriter(_host.PathOf("out"));
        foreach (var name in new[] { "a." + new string('e', 250), string.Concat(Enumerable.Repeat("\U0001F600", 63)) + ".x", new string('b', 251) + ".txt" })
        {
            Assert.Equal(FileOutcome.Written, writer.Write(name, "0011aabb-1", "one"u8).Outcome);
            var beside = writer.Write(name, "0011aabb-2", "two"u8);
            Assert.Equal(FileOutcome.KeptBoth, beside.Outcome);
            Assert.True(Encoding.UTF8.GetByteCount(Path.GetFileName(beside.Path)) <= LabelPath.NameBytesMax);
            Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(beside.Path)));
        }
    }

    [Fact]
    public async Task Collection_with_two_files_of_one_name_is_refused_before_anything_is_sealed()
    {
        var (a, b) = (Written("a/IMG_1.JPG", "1"), Written("b/IMG_1.JPG", "2"));
        var put = await _host.RunAsync("content", "put", a, b, "--collection", "h");
        Assert.Equal((int)ExitCode.Usage, put.Code);
        Assert.Contains(a, put.Error, StringComparison.Ordinal);
        Assert.Contains(b, put.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", put.Error, StringComparison.Ordinal);
        Assert.Equal(0, _contents.Puts);
    }

    [Fact]
    public async Task One_bad_file_of_several_is_told_before_any_is_sent()
    {
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("content", "put", Written("a", "1"), _host.PathOf("none"))).Code);
        Assert.Equal(0, _contents.Puts);
    }

    [Fact]
    public async Task One_that_changes_while_several_are_put_does_not_stop_the_others()
    {
        _contents.FailsOn = name => name == "b" ? new ContentTransferException(ZeroK.Wire.ErrorCode.None, "It changed while it was read.") : null;
        var put = await _host.RunAsync("content", "put", Written("a", "1"), Written("b", "2"), Written("c", "3"), "--json");
        Assert.Equal((int)ExitCode.DataProblem, put.Code);
        Assert.Equal(["a", "c"], put.Events.Where(e => (string?)e["event"] == "content-put").Select(e => (string?)e["name"]));
        Assert.Equal((int)ExitCode.Error, (await _host.RunAsync("content", "put", _host.PathOf("b"))).Code);
    }

    [Theory]
    [InlineData("push", "--file", "")]
    [InlineData("push", "--dir", "")]
    [InlineData("content", "put", "")]
    [InlineData("content", "put", "FILE", "--name", "")]
    [InlineData("content", "put", "FILE", "--collection", "")]
    [InlineData("content", "get", "FILE", "--out", "")]
    [InlineData("content", "get", "FILE", "--out", "new/")]
    [InlineData("pull", "--out", "")]
    public async Task Empty_names_are_refused_with_a_clear_word(params string[] args)
    {
        await _host.RunAsync("content", "put", Written("FILE", "1"));
        var refused = await _host.RunAsync([.. args.Select(a => a == "FILE" && args[1] == "put" ? _host.PathOf(a) : a)]);
        Assert.Equal((int)ExitCode.Usage, refused.Code);
        Assert.DoesNotContain("Unexpected", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collection_is_complete_when_the_named_folder_is()
    {
        await _host.RunAsync("content", "put", Written("a.txt", "A"), Written("b.txt", "B"), "--collection", "both");
        Assert.Equal(0, (await _host.RunAsync("content", "get", "both", "--out", _host.PathOf("one"))).Code);
        Assert.Equal(0, (await _host.RunAsync("content", "get", "both", "--out", _host.PathOf("one"))).Code);

        // Another folder gets all of it, and what was deleted comes again.
        Assert.Equal(0, (await _host.RunAsync("content", "get", "both", "--out", _host.PathOf("two"))).Code);
        Assert.Equal(2, Directory.GetFiles(_host.PathOf("two")).Length);
        File.Delete(_host.PathOf("one/a.txt"));
        Assert.Equal(0, (await _host.RunAsync("content", "get", "both", "--out", _host.PathOf("one"))).Code);
        Assert.Equal("A", await File.ReadAllTextAsync(_host.PathOf("one/a.txt")));

        // A file of the person's own stays, and the collection is not complete.
        await File.WriteAllTextAsync(_host.PathOf("one/b.txt"), "mine");
        var part = await _host.RunAsync("content", "get", "both", "--out", _host.PathOf("one"), "--json");
        Assert.Equal((int)ExitCode.DataProblem, part.Code);
        Assert.Equal("b.txt", (string?)part.The("content-missing")["name"]);
        Assert.Equal("mine", await File.ReadAllTextAsync(_host.PathOf("one/b.txt")));
    }

    [Fact]
    public async Task Content_is_never_written_through_a_link()
    {
        SkipOnWindows();
        var outside = Directory.CreateDirectory(_host.PathOf("outside")).FullName;
        Directory.CreateDirectory(_host.PathOf("out"));
        Directory.CreateSymbolicLink(_host.PathOf("out/sub"), outside);
        File.CreateSymbolicLink(_host.PathOf("out/b"), Path.Combine(outside, "new"));
        _contents.Collection("c", ("sub/a", "A"), ("b", "B"), ("ok", "C"), ("ok/below", "D"));
        Keep(_contents.Last);
        var got = await _host.RunAsync("content", "get", "c", "--out", _host.PathOf("out"), "--json");
        Assert.Equal((int)ExitCode.DataProblem, got.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.Equal(3, got.Events.Count(e => (string?)e["event"] == "content-missing"));
        Assert.Equal("C", await File.ReadAllTextAsync(_host.PathOf("out/ok")));
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("content", "get", "c", "--out", _host.PathOf("out/ok"))).Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Theory]
    [InlineData("Gro\u0308\u00dfe e\u0301.txt", "Gr\u00f6\u00dfe \u00e9.txt")]
    [InlineData("Gr\u00f6\u00dfe \u00e9.txt", "Gro\u0308\u00dfe e\u0301.txt")]
    [InlineData("\u1112\u1161\u11ab.txt", "\ud55c.txt")]
    [InlineData("a\u0323\u0307", "\u1ea1\u0307")]
    public async Task Name_that_looks_the_same_finds_the_content(string name, string other)
    {
        await _host.RunAsync("content", "put", Written("in", "x"), "--name", name);
        Assert.Equal(0, (await _host.RunAsync("content", "get", other, "--out", _host.PathOf("got"))).Code);

        // Where both are there, the one of exactly this name is meant.
        await _host.RunAsync("content", "put", Written("in", "yy"), "--name", other);
        Assert.Equal(0, (await _host.RunAsync("content", "get", other, "--out", _host.PathOf("exact"))).Code);
        Assert.Equal("yy", await File.ReadAllTextAsync(_host.PathOf("exact")));
        Assert.Equal(0, (await _host.RunAsync("content", "rm", name)).Code);
    }

    [Fact]
    public async Task Names_with_a_leading_dot_get_a_low_line_before_it()
    {
        _contents.Collection("c", (".bashrc", "A"), (".git/hooks/post-merge", "B"), ("a/.b", "C"), ("..", "D"), ("a/_.b", "E"));
        Keep(_contents.Last);
        Assert.Equal(0, (await _host.RunAsync("content", "get", "c", "--out", _host.PathOf("out"))).Code);
        var files = Directory.GetFiles(_host.PathOf("out"), "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(_host.PathOf("out"), p).Replace('\\', '/')).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(["_.bashrc", "_.git/hooks/post-merge", "a/_.b"], files.Where(f => !f.StartsWith("content-", StringComparison.Ordinal)));
        Assert.Equal(5, files.Count);

        // The same names again, so it is complete.
        Assert.Equal(0, (await _host.RunAsync("content", "get", "c", "--out", _host.PathOf("out"))).Code);
    }

    [Fact]
    public async Task Folders_that_a_get_makes_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        _contents.Collection("c", ("deep/er/a", "A"));
        Keep(_contents.Last);
        await _host.RunAsync("content", "get", "c", "--out", _host.PathOf("out"));
        foreach (var folder in Directory.GetDirectories(_host.PathOf("out"), "*", SearchOption.AllDirectories).Append(_host.PathOf("out")))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_host.PathOf("out/deep/er/a")));
    }

    private void Keep(ContentReference reference) => new Contents.ReferenceShelf(_host.PathOf("device")).Keep(reference);

    private string Written(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_host.PathOf(name))!);
        File.WriteAllText(_host.PathOf(name), text);
        return _host.PathOf(name);
    }

    private async Task ShellAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = _host.Folder })!;
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, shell.ExitCode);
    }

    private static void SkipOnWindows()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no such files.");
    }
}
