using System.Text;
using Xunit;
using ZeroK.Cli.Files;

namespace ZeroK.Cli.Tests;

/// <summary>Labels come from other devices: whatever they say, files land below the chosen folder and overwrite nothing.</summary>
public sealed class SafeFileTests : IDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("zerok-files-").FullName;

    private string Out => Path.Combine(_top, "out");

    public void Dispose() => Directory.Delete(_top, recursive: true);

    [Theory]
    [InlineData("a.md")]
    [InlineData("docs/deep/er/a.md")]
    [InlineData(".hidden/..file")]
    [InlineData("console.txt")]
    [InlineData("ünï/код.txt")]
    public void Plain_labels_become_paths(string label)
    {
        var written = new SafeFileWriter(Out).Write(label, "x-1", "bytes"u8);
        Assert.Equal(FileOutcome.Written, written.Outcome);
        Assert.Equal(Path.Combine(Out, label), written.Path);
        Assert.Equal("bytes", File.ReadAllText(written.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../escaped")]
    [InlineData("a/../../escaped")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("..")]
    [InlineData("C:/windows")]
    [InlineData("c:file")]
    [InlineData("..\\escaped")]
    [InlineData("\\\\server\\share")]
    [InlineData("NUL")]
    [InlineData("docs/con.txt")]
    [InlineData("COM1.log")]
    [InlineData("lpt9 .x")]
    [InlineData("trailing./a")]
    [InlineData("trailing ")]
    [InlineData("line\nbreak")]
    [InlineData("nul\0byte")]
    public void Unsafe_labels_are_written_under_a_made_up_name_inside(string label)
    {
        var written = new SafeFileWriter(Out).Write(label, "x-1", "bytes"u8);
        Assert.Equal(FileOutcome.Renamed, written.Outcome);
        Assert.Equal(Path.Combine(Out, "unsafe-label-x-1.bin"), written.Path);
        Assert.NotNull(written.Why);
        Assert.Equal([written.Path], AllFiles());
    }

    [Fact]
    public void Labels_that_are_too_long_too_deep_or_no_Unicode_are_unsafe()
    {
        Assert.False(LabelPath.TryParse(new string('a', 256), out _, out _));
        Assert.False(LabelPath.TryParse(string.Join('/', Enumerable.Repeat("a", 65)), out _, out _));
        Assert.False(LabelPath.TryParse(string.Join('/', Enumerable.Repeat(new string('b', 250), 5)), out _, out _));
        Assert.True(LabelPath.TryParse(new string('a', 255), out _, out _));
        Assert.False(LabelPath.TryParse("lone\ud800surrogate", out _, out _));
    }

    [Fact]
    public void A_link_in_the_way_is_not_followed()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_top, "outside")).FullName;
        Directory.CreateDirectory(Out);
        Directory.CreateSymbolicLink(Path.Combine(Out, "docs"), outside);
        File.CreateSymbolicLink(Path.Combine(Out, "a.txt"), Path.Combine(outside, "target"));
        File.CreateSymbolicLink(Path.Combine(Out, "dangling.txt"), Path.Combine(outside, "nothing"));
        var writer = new SafeFileWriter(Out);
        foreach (var label in new[] { "docs/a.md", "a.txt", "dangling.txt" })
        {
            var written = writer.Write(label, "x-" + label.Length, "bytes"u8);
            Assert.Equal(FileOutcome.Renamed, written.Outcome);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public void A_differing_file_is_kept_and_the_new_one_lies_beside_it()
    {
        var writer = new SafeFileWriter(Out);
        writer.Write("a.md", "x-1", "first"u8);
        var second = writer.Write("a.md", "x-2", "second"u8);
        Assert.Equal(FileOutcome.KeptBoth, second.Outcome);
        Assert.Equal("first", File.ReadAllText(Path.Combine(Out, "a.md")));
        Assert.Equal("second", File.ReadAllText(Path.Combine(Out, "a.from-x-2.md")));
    }

    [Fact]
    public void The_same_file_again_changes_nothing()
    {
        var writer = new SafeFileWriter(Out);
        writer.Write("a.md", "x-1", "first"u8);
        writer.Write("a.md", "x-2", "second"u8);
        Assert.Equal(FileOutcome.Unchanged, writer.Write("a.md", "x-1", "first"u8).Outcome);
        Assert.Equal(FileOutcome.Unchanged, writer.Write("a.md", "x-2", "second"u8).Outcome);
        Assert.Equal(2, AllFiles().Length);
    }

    [Fact]
    public void A_folder_or_file_in_the_way_is_left_alone()
    {
        var writer = new SafeFileWriter(Out);
        writer.Write("a", "x-1", "file"u8);
        writer.Write("b/c", "x-2", "file"u8);
        Assert.Equal(FileOutcome.Renamed, writer.Write("a/deeper", "x-3", "bytes"u8).Outcome);
        Assert.Equal(FileOutcome.Renamed, writer.Write("b", "x-4", "bytes"u8).Outcome);
    }

    [Fact]
    public void Written_files_and_folders_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        var written = new SafeFileWriter(Out).Write("docs/a.md", "x-1", "bytes"u8);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(written.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Out, "docs")));
    }

    [Fact]
    public void A_folder_is_walked_in_a_stable_order_without_links()
    {
        Directory.CreateDirectory(Path.Combine(_top, "in", "b"));
        foreach (var name in new[] { "b/z", "b/a", "c", "B", "a" }) File.WriteAllText(Path.Combine(_top, "in", name), name);
        File.CreateSymbolicLink(Path.Combine(_top, "in", "link"), "/etc/passwd");
        var contents = PushSource.Folder(Path.Combine(_top, "in"), prefix: null, skipLarge: false);
        Assert.Equal(["B", "a", "b/a", "b/z", "c"], contents.Items.Select(i => i.Label));
        Assert.Equal("link", Assert.Single(contents.Skipped).Name);
        Assert.Equal("b/z", Encoding.UTF8.GetString(contents.Items[3].Read()));
    }

    private string[] AllFiles() => Directory.GetFiles(_top, "*", SearchOption.AllDirectories);
}
