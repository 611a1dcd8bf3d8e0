namespace ZeroK.Storage.Content.Files;

/// <summary>Files that their owner alone may read. SQLite gives those that it makes beside one the same rights.</summary>
internal static class OwnerFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes an empty file if there is none; takes the others' rights from one that is there.</summary>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        try
        {
            new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, UnixCreateMode = Mode }).Dispose();
            Close(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ContentStoreException($"The content index can't be made or opened ({e.GetType().Name}). Check the disk and the rights of the data directory.", e) { IsFull = StableStorage.IsFull(e) };
        }
    }

    /// <summary>Takes the others' rights from files, as far as they are there.</summary>
    public static void Close(params ReadOnlySpan<string> paths)
    {
        if (OperatingSystem.IsWindows()) return;
        foreach (var path in paths)
            if (File.Exists(path) && File.GetUnixFileMode(path) != Mode) File.SetUnixFileMode(path, Mode);
    }
}
