using System.Globalization;
using System.Text;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.Sqlite;

/// <summary>Keeps a second process off the data directory. The operating system lets go of it when the process ends, however it ends.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private const string FileName = "relay.lock";
    private const string OwnerFileName = "relay.pid";
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="StoreException">Another process has it, or the directory can't be written to.</exception>
    public static DirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            var file = Open(path, FileMode.OpenOrCreate);
            WriteOwner(directory);
            return new DirectoryLock(file);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreException("The data directory can't be written to. Give the relay's user the right to, or name another directory.", e);
        }
        catch (IOException e)
        {
            throw new StoreException($"The data directory is in use by {Owner(directory)}. Stop that relay first, or name another directory.", e);
        }
    }

    public void Dispose() => _file.Dispose();

    // A locked file can't be read by others, so the owner's process id lies beside it.
    private static void WriteOwner(string directory)
    {
        using var file = Open(Path.Combine(directory, OwnerFileName), FileMode.Create);
        file.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Owner(string directory)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(directory, OwnerFileName)), CultureInfo.InvariantCulture, out var pid) ? $"process {pid}" : "another process";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }

    private static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
