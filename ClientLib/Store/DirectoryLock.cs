namespace ZeroK.Client.Store;

/// <summary>Held by the one client that runs on a directory (flock, so that a killed process frees it).</summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="DeviceException">Somebody else has it, or the file system refused.</exception>
    public static DirectoryLock Take(string directory)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var path = Path.Combine(directory, "lock");
        try
        {
            return new DirectoryLock(new FileStream(path, options));
        }
        catch (IOException e) when (StoreFailure.IsHeld(e))
        {
            throw new DeviceException(DeviceProblem.InUse, "Another process runs on this device's directory. End it first.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Named(e, path, "opened");
        }
    }

    public void Dispose() => _file.Dispose();
}
