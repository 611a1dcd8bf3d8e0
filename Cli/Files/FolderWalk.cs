using ZeroK.Cli.Terminal;
using ZeroK.Wire;

namespace ZeroK.Cli.Files;

/// <summary>One walk through a folder that may change meanwhile. Symbolic links are not followed.</summary>
internal sealed class FolderWalk(string root, string? prefix, bool skipLarge)
{
    private readonly List<PushItem> _items = [];
    private readonly List<PassedOver> _skipped = [];
    private readonly Stack<(string Path, int Depth)> _open = new([(root, 0)]);

    /// <summary>What was found, in a stable order.</summary>
    public FolderContents Contents
    {
        get
        {
            _items.Sort((a, b) => string.CompareOrdinal(a.Label, b.Label));
            _skipped.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            return new FolderContents(_items, _skipped);
        }
    }

    public void Run()
    {
        while (_open.TryPop(out var next))
        {
            try
            {
                foreach (var entry in new DirectoryInfo(next.Path).EnumerateFileSystemInfos()) Take(entry, next.Path, next.Depth);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && next.Depth > 0)
            {
                Fault(Relative(next.Path), RegularFile.WhyNot(e));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException(ExitCode.Usage, $"The folder {Display.Safe(root)} can't be read: {RegularFile.WhyNot(e)}.", inner: e);
            }
        }
    }

    private void Take(FileSystemInfo entry, string folder, int depth)
    {
        // Not the entry's full name: that of a folder given as a link would be another.
        var path = Path.Combine(folder, entry.Name);
        var relative = Relative(path);
        try
        {
            if (RegularFile.IsNotUtf8(path)) Fault(relative, "its name is not valid UTF-8, so other devices could not write it; rename it");
            else if (entry.LinkTarget is not null) _skipped.Add(new PassedOver(relative, "a symbolic link", IsFault: false));
            else if (entry is DirectoryInfo) Descend(path, relative, depth + 1);
            else if (!entry.Exists) Fault(relative, "it went away");
            else if (!RegularFile.Is(entry)) _skipped.Add(new PassedOver(relative, "not a regular file", IsFault: false));
            else Add((FileInfo)entry, path, relative);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault(relative, RegularFile.WhyNot(e));
        }
    }

    // A folder whose name can't be part of a label is told once, not once for each file in it.
    private void Descend(string path, string relative, int depth)
    {
        if (Problem(relative) is { } problem) Fault(relative, problem);
        else _open.Push((path, depth));
    }

    private void Add(FileInfo file, string path, string relative)
    {
        if (Problem(relative) is { } problem)
        {
            Fault(relative, problem);
            return;
        }

        if (skipLarge && file.Length > WireLimits.PayloadBytesMax)
        {
            _skipped.Add(new PassedOver(relative, $"larger than 1 MiB ({Display.Size(file.Length)})", IsFault: false));
            return;
        }

        PushSource.CheckSize(path, file.Length, folder: true);
        _items.Add(new PushItem(LabelOf(relative), () => ReadFound(path), file.Length));
    }

    // It was a file when the folder was listed; by now it may be a link to anywhere.
    private static byte[] ReadFound(string path) =>
        new FileInfo(path).LinkTarget is null ? PushSource.ReadFile(path) : throw new CliException(ExitCode.Usage, $"{Display.Safe(path)} became a symbolic link.");

    private string? Problem(string relative) => LabelPath.TryParse(LabelOf(relative), out _, out var problem) ? null : $"{problem}, so other devices would not write it; rename it";

    private string LabelOf(string relative) => prefix is null ? relative : prefix + "/" + relative;

    private string Relative(string path) => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');

    private void Fault(string name, string why) => _skipped.Add(new PassedOver(name, why, IsFault: true));
}
