namespace ZeroK.Cli.Files;

/// <summary>A place below a folder that a person chose, by names that came from another device.</summary>
internal static class PathBelow
{
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Why a file can't be written there without following a link or replacing something else; null if it can. A file that is there already is the caller's matter.</summary>
    /// <param name="root">The folder; may be a link itself, as the person chose it.</param>
    /// <param name="names">The names below it.</param>
    public static string? Problem(string root, ReadOnlySpan<string> names)
    {
        var path = root;
        for (var i = 0; i < names.Length; i++)
        {
            path = Path.Combine(path, names[i]);
            var isLast = i == names.Length - 1;
            var info = new FileInfo(path);
            if (info.LinkTarget is not null || (info.Exists && info.Attributes.HasFlag(FileAttributes.ReparsePoint))) return "there is a symbolic link in its place";
            if (!isLast && info.Exists) return "there is a file where it needs a folder";
            if (isLast && Directory.Exists(path)) return "there is a folder in its place";
        }

        return null;
    }

    /// <summary>Makes a folder for its owner alone. One level at a time, so that each new entry is put on stable storage too.</summary>
    public static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        var parent = Path.GetDirectoryName(folder);
        if (parent is not null) MakeFolder(parent);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerFolder);
        if (parent is not null) DurableFile.SyncFolder(parent);
    }

    /// <summary>Names without a leading dot: another device must not make files that are hidden, or that programs read by themselves (.bashrc, .git). "_" goes before the dot.</summary>
    public static string[] Shown(IEnumerable<string> names) => [.. names.Select(n => n[0] == '.' ? "_" + n : n)];
}
