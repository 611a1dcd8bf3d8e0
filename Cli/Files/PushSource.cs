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

/// <summary>A thing in a folder that is not pushed.</summary>
/// <param name="Name">Its path within the folder.</param>
/// <param name="Why">The reason.</param>
/// <param name="IsFault">Whether it should have been pushed: false for what is passed over by rule, such as links.</param>
internal sealed record PassedOver(string Name, string Why, bool IsFault)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[passed over]";
}

/// <summary>What a folder holds: files to push in a stable order, and what was passed over.</summary>
/// <param name="Items">The files.</param>
/// <param name="Skipped">What is not pushed, each with the reason.</param>
internal sealed record FolderContents(IReadOnlyList<PushItem> Items, IReadOnlyList<PassedOver> Skipped);

/// <summary>Turns text, standard input, files and folders into things to push.</summary>
internal static class PushSource
{
    /// <summary>One file, labelled with its path if that is relative and stays below the current folder, else with its name.</summary>
    public static PushItem File(string path, string? label)
    {
        if (Directory.Exists(path)) throw new CliException(ExitCode.Usage, $"{Display.Safe(path)} is a folder.", $"Push it with --dir {Display.Safe(path)}.");
        RegularFile.CheckNamed(path);
        label ??= LabelOf(path);
        if (!LabelPath.TryParse(label, out _, out var problem))
            throw new CliException(ExitCode.Usage, $"{Display.Safe(path)} can't be pushed as \"{Display.Safe(label)}\": {problem}. Other devices would not write it.", "Rename it, or give a label with --label.");
        using var file = RegularFile.OpenRead(path);
        CheckSize(path, file.Length);
        return new PushItem(label, () => ReadFile(path), file.Length);
    }

    /// <summary>All files of a folder, at any depth, ordered by their labels' code units. What can't be pushed doesn't stop the others.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="prefix">What labels begin with, before a "/"; null: the path within the folder alone.</param>
    /// <param name="skipLarge">Pass over files that are too large, instead of refusing.</param>
    public static FolderContents Folder(string folder, string? prefix, bool skipLarge)
    {
        if (!Directory.Exists(folder)) throw new CliException(ExitCode.Usage, $"There is no folder {Display.Safe(folder)}.");
        prefix = prefix?.TrimEnd('/');
        if (prefix is not null && !LabelPath.TryParse(prefix, out _, out var problem)) throw new CliException(ExitCode.Usage, $"--label: {problem}. Other devices would not write files below it.");
        var walk = new FolderWalk(folder, prefix, skipLarge);
        walk.Run();
        return walk.Contents;
    }

    /// <summary>Reads a file of at most one blob.</summary>
    /// <exception cref="CliException">It went away, can't be read, or became too large: the message says which.</exception>
    public static byte[] ReadFile(string path)
    {
        RegularFile.CheckNamed(path);
        var file = RegularFile.OpenRead(path);
        CheckSize(path, file.Length);
        try
        {
            return BoundedInput.Read(file, WireLimits.PayloadBytesMax, path);
        }
        catch (IOException e)
        {
            throw new CliException(ExitCode.Usage, $"{Display.Safe(path)} can't be read: {RegularFile.WhyNot(e)}.", inner: e);
        }
    }

    /// <exception cref="CliException">A blob can't hold so much.</exception>
    public static void CheckSize(string path, long bytes, bool folder = false)
    {
        if (bytes <= WireLimits.PayloadBytesMax) return;
        throw new CliException(
            ExitCode.Usage,
            $"{Display.Safe(path)} has {bytes} bytes; a blob holds at most {WireLimits.PayloadBytesMax} (1 MiB). Nothing was pushed.",
            $"Send it as a content, which may have any size: `zerok content put FILE`.{(folder ? " Or pass over such files with --skip-large." : "")}");
    }

    private static string LabelOf(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, Path.GetFullPath(path)).Replace(Path.DirectorySeparatorChar, '/');
        var isBelow = !Path.IsPathRooted(path) && relative != ".." && !relative.StartsWith("../", StringComparison.Ordinal);
        return isBelow ? relative : Path.GetFileName(path);
    }
}
