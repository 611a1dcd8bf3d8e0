using System.Security.Cryptography;
using ZeroK.Client.Keys;

namespace ZeroK.Client.Store;

/// <summary>A small file with secrets: magic (4), version (u8), body, checksum (8). Mode 0600, written whole or not at all.</summary>
internal static class KeyFile
{
    public const int BytesMax = 16 * 1024;
    private const byte Version = 1;
    private const int HeaderSize = 5, ChecksumSize = 8;

    /// <summary>Writes a new file: to a temporary one beside it, with O_SYNC, then linked to its name.</summary>
    /// <exception cref="DeviceException">The file is there already (<paramref name="exists"/>), or the file system refused.</exception>
    public static void Create(string path, ReadOnlySpan<byte> magic, ReadOnlySpan<byte> body, DeviceProblem exists, string existsText)
    {
        if (File.Exists(path)) throw new DeviceException(exists, existsText);
        try
        {
            Write(path, magic, body, overwrite: false);
        }
        catch (DeviceException e) when (File.Exists(path))
        {
            throw new DeviceException(exists, existsText, e);
        }
    }

    /// <summary>Writes the file in the place of the one that is there: after a crash it is the one or the other, whole.</summary>
    /// <exception cref="DeviceException">The file system refused.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> magic, ReadOnlySpan<byte> body) => Write(path, magic, body, overwrite: true);

    private static void Write(string path, ReadOnlySpan<byte> magic, ReadOnlySpan<byte> body, bool overwrite)
    {
        var bytes = new byte[HeaderSize + body.Length + ChecksumSize];
        var temporary = path + "." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)) + ".tmp";
        try
        {
            magic.CopyTo(bytes);
            bytes[4] = Version;
            body.CopyTo(bytes.AsSpan(HeaderSize));
            GroupRecord.Checksum(bytes.AsSpan(0, HeaderSize + body.Length), bytes.AsSpan(HeaderSize + body.Length));
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.WriteThrough, BufferSize = 0 };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(temporary, options)) file.Write(bytes);
            File.Move(temporary, path, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Named(e, path, "written");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            if (File.Exists(temporary)) File.Delete(temporary);
        }
    }

    /// <summary>Reads a file that <see cref="Create"/> wrote and gives its body to <paramref name="read"/>, wiped afterwards.</summary>
    /// <exception cref="DeviceException">It is not such a file, of another version, damaged, or open to others than its owner.</exception>
    public static T Read<T>(string path, ReadOnlySpan<byte> magic, Func<byte[], int, int, T?> read) where T : class
    {
        var name = Path.GetFileName(path);
        byte[]? bytes = null;
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
                throw new DeviceException(DeviceProblem.Permissions, $"Others than its owner may use {name}. If nobody else has read it, run: chmod 600 on it.");
            if (new FileInfo(path).Length > BytesMax) throw Damaged(name);
            bytes = File.ReadAllBytes(path);
            if (bytes.Length < HeaderSize + ChecksumSize || !bytes.AsSpan(0, 4).SequenceEqual(magic)) throw Damaged(name);
            if (bytes[4] != Version)
                throw new DeviceException(DeviceProblem.OtherVersion, $"{name} is of version {bytes[4]}; this program knows version {Version}. Update it.");
            Span<byte> checksum = stackalloc byte[ChecksumSize];
            GroupRecord.Checksum(bytes.AsSpan(0, bytes.Length - ChecksumSize), checksum);
            if (!checksum.SequenceEqual(bytes.AsSpan(bytes.Length - ChecksumSize))) throw Damaged(name);
            return read(bytes, HeaderSize, bytes.Length - HeaderSize - ChecksumSize) ?? throw Damaged(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Named(e, path, "read");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static DeviceException Damaged(string name) =>
        new(DeviceProblem.Damaged, $"{name} is not what this program wrote, or is damaged. It is left as it is; restore it from where it came, or make a new device in another directory.");
}
