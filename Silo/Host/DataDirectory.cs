namespace ZeroK.Relay;

/// <summary>The directory that holds all a relay must not lose. Only its owner may look in.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnlyFile | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Makes the directory (0700) if it isn't there.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnlyDirectory);
    }

    /// <summary>Makes a file (0600) if it isn't there; refuses one that others can read.</summary>
    /// <exception cref="DataDirectoryException">Others can read it.</exception>
    public static void CreateFile(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            using var any = new FileStream(path, FileMode.OpenOrCreate);
            return;
        }

        using (new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, UnixCreateMode = OwnerOnlyFile }))
        {
            if ((File.GetUnixFileMode(path) & Others) != 0)
                throw new DataDirectoryException($"{Path.GetFileName(path)} in the data directory can be read by others. It holds the relay's secret keys: run chmod 600 on it.");
        }
    }
}

/// <summary>The data directory can't be used; the message says why and what to do.</summary>
public sealed class DataDirectoryException : Exception
{
    public DataDirectoryException(string message) : base(message) { }
    public DataDirectoryException(string message, Exception inner) : base(message, inner) { }
    public DataDirectoryException() { }
}
