using Microsoft.Data.Sqlite;

namespace ZeroK.Client.Store;

/// <summary>Names why a device's files can't be used, and what to do: from SQLite's result code and the system's error. Only SQLite's CORRUPT and NOTADB are damage.</summary>
internal static class StoreFailure
{
    // SQLite's primary result codes (sqlite3.h).
    private const int Error = 1, Perm = 3, Busy = 5, Locked = 6, NoMemory = 7, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CantOpen = 14, Protocol = 15, NotADatabase = 26;

    // The wal-index can't get its memory: the disk is full.
    private const int IoErrorShmSize = IoError | (19 << 8), ReadOnlyMoved = ReadOnly | (4 << 8);

    // errno of Linux and macOS; HRESULTs of Windows.
    private const int Again = 11, AgainMac = 35, TooManyInSystem = 23, TooMany = 24, NoSpace = 28, ReadOnlySystem = 30, QuotaMac = 69, Quota = 122;
    private const int WinTooMany = unchecked((int)0x80070004), WinWriteProtect = unchecked((int)0x80070013), WinSharing = unchecked((int)0x80070020), WinLock = unchecked((int)0x80070021), WinHandleFull = unchecked((int)0x80070027), WinFull = unchecked((int)0x80070070);

    /// <summary>The exception to throw for what was thrown when a file was used.</summary>
    /// <param name="failure">What SQLite or the system threw.</param>
    /// <param name="path">The file.</param>
    /// <param name="doing">What was tried: "opened", "written", "read".</param>
    public static DeviceException Named(Exception failure, string path, string doing)
    {
        var (problem, why) = failure is SqliteException sqlite ? OfSqlite(sqlite, path) : OfSystem(failure, path);
        return new DeviceException(problem, problem == DeviceProblem.Damaged ? why : $"{Path.GetFileName(path)} can't be {doing}: {why}", failure);
    }

    /// <summary>Whether a lock on a file is held by somebody else.</summary>
    public static bool IsHeld(IOException failure) => failure.HResult is Again or AgainMac or WinSharing or WinLock;

    private static (DeviceProblem, string) OfSqlite(SqliteException e, string path) => e.SqliteErrorCode switch
    {
        Corrupt or NotADatabase => (DeviceProblem.Damaged, $"{Path.GetFileName(path)} is damaged, or is no state file (SQLite {e.SqliteErrorCode}). It is left as it is. Make a new device and join again: what other devices have, they have."),
        Error when e.Message.Contains("no such ", StringComparison.Ordinal) => (DeviceProblem.Damaged, $"{Path.GetFileName(path)} is damaged: a table that this program makes is not in it. It is left as it is. Make a new device and join again."),
        Full => (DeviceProblem.DiskFull, "the disk is full, or a limit on this user's or this file's size is reached. Make room, then try again: nothing is lost that was accepted."),
        Busy or Locked or Protocol => (DeviceProblem.InUse, "another program holds it locked (a backup, or something that looks into the database). End that, then try again."),
        NoMemory => (DeviceProblem.Io, "there is not enough memory."),
        ReadOnly when e.SqliteExtendedErrorCode == ReadOnlyMoved => (DeviceProblem.Io, "the file was moved or deleted while it was in use. Put it back, and start again."),
        Perm or ReadOnly or CantOpen or IoError when Probe(path) is { } found => found,
        _ when e.SqliteExtendedErrorCode == IoErrorShmSize || IsFull(path) => (DeviceProblem.DiskFull, "the disk is full. Make room, then try again: nothing is lost that was accepted."),
        Perm or ReadOnly or CantOpen when File.Exists(path) => (DeviceProblem.AccessDenied, Denied(path)),
        IoError => (DeviceProblem.Io, $"the disk, or the connection to it, failed (SQLite {e.SqliteExtendedErrorCode}). Look at the system's log; a network file system is no place for a device."),
        _ => (DeviceProblem.Io, $"SQLite says {e.SqliteExtendedErrorCode}: {e.Message}"),
    };

    private static (DeviceProblem, string) OfSystem(Exception e, string path) => e switch
    {
        DirectoryNotFoundException => (DeviceProblem.Io, "its directory is gone. Was a disk unmounted?"),
        FileNotFoundException => (DeviceProblem.Io, "the file is gone."),
        IOException { HResult: NoSpace or Quota or QuotaMac or WinFull or WinHandleFull } => (DeviceProblem.DiskFull, "the disk is full, or this user's share of it. Make room, then try again."),
        IOException { HResult: ReadOnlySystem or WinWriteProtect } => (DeviceProblem.ReadOnly, "its file system is mounted read-only. Mount it for writing, or use another directory."),
        IOException { HResult: TooMany or TooManyInSystem or WinTooMany } => (DeviceProblem.TooManyOpenFiles, "too many files are open. Raise the limit (ulimit -n), or end other programs."),
        IOException held when IsHeld(held) => (DeviceProblem.InUse, "another program holds it locked. End that, then try again."),
        UnauthorizedAccessException => (DeviceProblem.AccessDenied, Denied(path)),
        _ => (DeviceProblem.Io, e.Message),
    };

    /// <summary>Whether a file is there; a directory that may not be looked into is an error and not an answer.</summary>
    /// <exception cref="DeviceException">It can't be told.</exception>
    public static bool Exists(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Named(e, path, "looked for");
        }
    }

    // SQLite says only that it could not; the system says why when it is asked for the same. The database itself is not opened here: closing it would give up the locks that SQLite holds on it in this process.
    private static (DeviceProblem, string)? Probe(string path)
    {
        try
        {
            // A journal is made beside it.
            var beside = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetRandomFileName()}");
            using (new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose)) { }
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return OfSystem(e, path);
        }
    }

    // The system doesn't say whose a file is; a mode that lets its owner in says that this user is not the owner.
    private static string Denied(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows()) return "this user has no right to it. Give the right back, or run as the user who made it.";
        try
        {
            var file = File.Exists(path) ? File.GetUnixFileMode(path) : UnixFileMode.UserRead | UnixFileMode.UserWrite;
            const UnixFileMode needed = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            if ((file & needed) == needed && (File.GetUnixFileMode(directory) & (needed | UnixFileMode.UserExecute)) == (needed | UnixFileMode.UserExecute))
                return $"it or its directory belongs to another user (was it made with sudo?). Run as that user, or give it to this one: chown -R \"$USER\" '{directory}'";
            return $"its rights don't let this user in. If it is yours: chmod 700 '{directory}'; chmod 600 on the files in it.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"this user may not look into '{directory}'. Run as the user who made it, or give it to this one: chown -R \"$USER\" '{directory}'";
        }
    }

    private static bool IsFull(string path)
    {
        const long needed = 64 * 1024;
        try
        {
            return Path.GetDirectoryName(path) is { } directory && new DriveInfo(directory).AvailableFreeSpace < needed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Not known: then it is not the reason that is told.
            return false;
        }
    }
}
