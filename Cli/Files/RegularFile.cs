using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZeroK.Cli.Files;

/// <summary>Tells files from what only looks like one in a folder: pipes, sockets, devices. Opening a pipe that nobody writes to would wait for ever.</summary>
internal static partial class RegularFile
{
    private const int ReadOnly = 0;

    // O_NONBLOCK: the open of a pipe returns at once. 4 on the BSDs and macOS, 2048 on Linux.
    private static readonly int NonBlocking = OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? 2048 : 4;

    public static bool Is(FileSystemInfo entry)
    {
        if ((entry.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) != 0) return false;
        if (entry is not FileInfo { Exists: true } file) return false;

        // Pipes, sockets and devices have no length; only files without one need a closer look.
        if (OperatingSystem.IsWindows() || file.Length > 0) return true;
        using var handle = Open(file.FullName, ReadOnly | NonBlocking);
        if (handle.IsInvalid) return Marshal.GetLastPInvokeError() == Denied;
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 1);
        return stream.CanSeek;
    }

    // EACCES: a file that can't be read is an error to show, not one to pass over.
    private const int Denied = 13;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle Open(string path, int flags);
}
