using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZeroK.Cli.Files;

/// <summary>Puts files on stable storage by the system's own call, whose error is seen: once a blob is acknowledged, the relay may forget its only other copy.</summary>
internal static partial class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a new file (mode 0600), durably.</summary>
    /// <exception cref="IOException">It exists, or the system refused.</exception>
    public static void WriteNew(string path, ReadOnlySpan<byte> bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using var file = new FileStream(path, options);
        file.Write(bytes);
        Sync(file.SafeFileHandle, path);
    }

    /// <summary>Makes a rename in a folder durable. Windows has no such call and needs none.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var fd = Open(folder, 0);
        if (fd < 0) throw Failed("open", folder);
        try
        {
            if (Fsync(fd) != 0) throw Failed("fsync", folder);
        }
        finally
        {
            _ = Close(fd);
        }
    }

    /// <summary>Puts an open file's bytes on stable storage.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Sync(SafeFileHandle handle, string path)
    {
        var done = OperatingSystem.IsWindows() ? FlushFileBuffers(handle) != 0 : Fsync(handle) == 0;
        if (!done) throw Failed("sync", path);
    }

    private static IOException Failed(string call, string path) =>
        new($"{path} could not be put on stable storage ({call}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}).");

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle fd);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int fd);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int fd);

    [LibraryImport("kernel32", EntryPoint = "FlushFileBuffers", SetLastError = true)]
    private static partial int FlushFileBuffers(SafeFileHandle file);
}
