using ZeroK.Cli.Terminal;
using ZeroK.Wire;

namespace ZeroK.Cli.Files;

/// <summary>A thing to push: its label, and where its bytes come from.</summary>
/// <param name="Label">The label; null for none.</param>
/// <param name="Read">Reads the bytes.</param>
/// <param name="Size">Bytes, as far as known; 0 if not.</param>
internal sealed record PushItem(string? Label, Func<byte[]> Read, long Size)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[blob]";
}

/// <summary>What a folder holds: files to push in a stable order, and what was passed over.</summary>
/// <param name="Items">The files.</param>
/// <param name="Skipped">Names of what is not pushed, each with the reason.</param>
internal sealed record FolderContents(IReadOnlyList<PushItem> Items, IReadOnlyList<(string Name, string Why)> Skipped);

/// <summary>Turns text, standard input, files and folders into things to push.</summary>
internal static class PushSource
{
    /// <summary>One file, labelled with its path if that is relative and stays below the current folder, else with its name.</summary>
    public static PushItem File(string path, string? label)
    {
        if (Directory.Exists(path)) throw new CliException(ExitCode.Usage, $"{path} is a folder.", $"Push it with --dir {path}.");
        var info = new FileInfo(path);
        if (!info.Exists) throw new CliException(ExitCode.Usage, $"There is no file {path}.");
        if (!RegularFile.Is(info)) throw new CliException(ExitCode.Usage, $"{path} is not a regular file.", "Send a pipe's content by standard input: `zerok push - < PIPE`.");
        CheckSize(path, info.Length);
        label ??= LabelOf(path);
        CheckLabel(path, label);
        return new PushItem(label, () => ReadFile(path), info.Length);
    }

    /// <summary>All files of a folder, at any depth, ordered by their labels' code units. Symbolic links are passed over.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="prefix">What labels begin with, before a "/"; null: the path within the folder alone.</param>
    /// <param name="skipLarge">Pass over files that are too large, instead of refusing.</param>
    public static FolderContents Folder(string folder, string? prefix, bool skipLarge)
    {
        if (!Directory.Exists(folder)) throw new CliException(ExitCode.Usage, $"There is no folder {folder}.");
        var items = new List<PushItem>();
        var skipped = new List<(string Name, string Why)>();
        var open = new Stack<string>([folder]);
        while (open.TryPop(out var next))
        {
            foreach (var entry in new DirectoryInfo(next).EnumerateFileSystemInfos())
            {
                var relative = Path.GetRelativePath(folder, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
                if (entry.LinkTarget is not null) skipped.Add((relative, "a symbolic link"));
                else if (entry is DirectoryInfo) open.Push(Path.Combine(next, entry.Name));
                else if (!RegularFile.Is(entry)) skipped.Add((relative, "not a regular file"));
                else Add((FileInfo)entry, relative);
            }
        }

        items.Sort((a, b) => string.CompareOrdinal(a.Label, b.Label));
        skipped.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new FolderContents(items, skipped);

        void Add(FileInfo file, string relative)
        {
            var label = prefix is null ? relative : prefix.TrimEnd('/') + "/" + relative;
            if (skipLarge && file.Length > WireLimits.PayloadBytesMax)
            {
                skipped.Add((relative, $"larger than 1 MiB ({Display.Size(file.Length)})"));
                return;
            }

            CheckSize(file.FullName, file.Length, folder: true);
            CheckLabel(file.FullName, label);
            items.Add(new PushItem(label, () => ReadFile(file.FullName), file.Length));
        }
    }

    private static string LabelOf(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, Path.GetFullPath(path)).Replace(Path.DirectorySeparatorChar, '/');
        var isBelow = !Path.IsPathRooted(path) && relative != ".." && !relative.StartsWith("../", StringComparison.Ordinal);
        return isBelow ? relative : Path.GetFileName(path);
    }

    private static byte[] ReadFile(string path)
    {
        using var file = System.IO.File.OpenRead(path);
        CheckSize(path, file.Length);
        return BoundedInput.Read(file, WireLimits.PayloadBytesMax, path);
    }

    private static void CheckLabel(string path, string label)
    {
        if (!LabelPath.TryParse(label, out _, out var problem))
            throw new CliException(ExitCode.Usage, $"{path} can't be pushed as \"{Display.Safe(label)}\": {problem}. Other devices would not write it.", "Rename it, or give a label with --label.");
    }

    private static void CheckSize(string path, long bytes, bool folder = false)
    {
        if (bytes <= WireLimits.PayloadBytesMax) return;
        throw new CliException(
            ExitCode.Usage,
            $"{path} has {bytes} bytes; a blob holds at most {WireLimits.PayloadBytesMax} (1 MiB). Nothing was pushed.",
            $"Split it (`split -b 1M FILE FILE.part-`), push the parts, and join them on the other side (`cat FILE.part-* > FILE`).{(folder ? " Or pass over such files with --skip-large." : "")}");
    }
}
