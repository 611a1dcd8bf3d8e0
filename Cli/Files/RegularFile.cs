using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ZeroK.Cli.Terminal;

namespace ZeroK.Cli.Files;

/// <summary>Tells files from what only looks like one in a folder: pipes, sockets, devices. Opening a pipe that nobody writes to would wait for ever.</summary>
internal static partial class RegularFile
{
    private const int ReadOnly = 0;

    // EACCES: a file that can't be read is an error to show, not one to pass over.
    private const int Denied = 13;

    // struct statx, the same on all of Linux.
    private const int AtWorkingFolder = -100, NoFollow = 0x100, TypeMask = 1, StatxBytes = 256, ModeOffset = 28;
    private const int FormatMask = 0xF000, FormatRegular = 0x8000;

    // O_NONBLOCK: the open of a pipe returns at once. 4 on the BSDs and macOS, 2048 on Linux.
    private static readonly int NonBlocking = OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? 2048 : 4;

    /// <summary>Whether an entry is a file of bytes; a symbolic link is none.</summary>
    public static bool Is(FileSystemInfo entry)
    {
        if ((entry.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) != 0) return false;
        if (entry is not FileInfo { Exists: true } file) return false;
        if (OperatingSystem.IsWindows()) return true;
        if (TypeOf(file.FullName) is { } type) return type == FormatRegular;

        // Pipes, sockets and devices have no length; only files without one need a closer look.
        if (file.Length > 0) return true;
        using var handle = Open(file.FullName, ReadOnly | NonBlocking);
        if (handle.IsInvalid) return Marshal.GetLastPInvokeError() == Denied;
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 1);
        return stream.CanSeek;
    }

    /// <summary>Opens a file that a person named, by a link too, for one reading.</summary>
    /// <exception cref="CliException">There is none, it is a folder or no regular file, or it can't be read: the message says which.</exception>
    public static FileStream OpenNamed(string path)
    {
        CheckNamed(path);
        return OpenRead(path);
    }

    /// <summary>As <see cref="OpenNamed"/>, without opening it.</summary>
    public static void CheckNamed(string path)
    {
        if (path.Length == 0) throw new CliException(ExitCode.Usage, "A file's name can't be empty.");
        if (Directory.Exists(path)) throw new CliException(ExitCode.Usage, $"{Display.Safe(path)} is a folder.", "Name its files: `zerok content put FOLDER/*`; or push it file by file: `zerok push --dir FOLDER`.");
        var info = new FileInfo(path);
        if (Final(info) is not { Exists: true } final) throw new CliException(ExitCode.Usage, $"There is no file {Display.Safe(path)}.{NotUtf8Hint(path)}");
        if (!Is(final)) throw new CliException(ExitCode.Usage, $"{Display.Safe(path)} is not a regular file.", "Write a pipe's content to a file first, or push it: `zerok push - < PIPE`.");
    }

    /// <summary>Opens a file for one reading. What goes wrong is told by name.</summary>
    /// <exception cref="CliException">It went away, or can't be read.</exception>
    public static FileStream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"{Display.Safe(path)} can't be read: {WhyNot(e)}.", inner: e);
        }
    }

    /// <summary>What a failure to read says, in a few words.</summary>
    public static string WhyNot(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it went away",
        UnauthorizedAccessException => "this user may not read it",
        PathTooLongException => "its path is longer than the system allows",
        _ => e.Message.TrimEnd('.'),
    };

    /// <summary>A name that this program was handed in part only: bytes that are not UTF-8 came as U+FFFD.</summary>
    public static bool IsNotUtf8(string path) => path.Contains('\uFFFD', StringComparison.Ordinal) && !Path.Exists(path);

    private static string NotUtf8Hint(string path) => IsNotUtf8(path) ? " Its name is not valid UTF-8: rename it." : "";

    private static FileInfo? Final(FileInfo info)
    {
        try
        {
            return info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
        }
        catch (IOException)
        {
            // Links that lead in a circle.
            return null;
        }
    }

    private static int? TypeOf(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        Span<byte> found = stackalloc byte[StatxBytes];
        try
        {
            if (Statx(AtWorkingFolder, path, NoFollow, TypeMask, ref MemoryMarshal.GetReference(found)) != 0) return null;
        }
        catch (EntryPointNotFoundException)
        {
            // An old C library.
            return null;
        }

        return MemoryMarshal.Read<ushort>(found[ModeOffset..]) & FormatMask;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte found);
}
