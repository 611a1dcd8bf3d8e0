using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ZeroK.Storage.Content.Files;

/// <summary>Puts files on stable storage by the system's own call, whose error is seen: .NET's Flush(true) drops it on Linux.</summary>
internal static partial class StableStorage
{
    private const int NoSpace = 28;
    private const int QuotaOnLinux = 122;
    private const int FileTooLarge = 27;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <exception cref="IOException">The system refused.</exception>
    public static void Sync(SafeFileHandle file)
    {
        var done = OperatingSystem.IsWindows() ? FlushFileBuffers(file) != 0 : Fsync(file) == 0;
        if (!done) throw Failed();
    }

    /// <summary>Makes the names in a folder durable. Windows has no such call and needs none.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var fd = Open(folder, 0);
        if (fd < 0) throw Failed();
        try
        {
            if (Fsync(fd) != 0) throw Failed();
        }
        finally
        {
            _ = Close(fd);
        }
    }

    /// <summary>Whether a failure says that there is no room.</summary>
    public static bool IsFull(Exception e) => e.HResult is NoSpace or QuotaOnLinux or FileTooLarge or WindowsDiskFull;

    private static IOException Failed()
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"Files can't be put on stable storage ({new Win32Exception(error).Message}).", error);
    }

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
