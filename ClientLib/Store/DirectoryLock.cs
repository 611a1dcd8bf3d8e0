namespace ZeroK.Client.Store;

/// <summary>Held by the one client that runs on a directory (flock, so that a killed process frees it).</summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="DeviceException">Somebody else has it.</exception>
    public static DirectoryLock Take(string directory)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            return new DirectoryLock(new FileStream(Path.Combine(directory, "lock"), options));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException(DeviceProblem.InUse, "Another process runs on this device's directory, or it can't be written. End the other one first.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
