using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Client.Keys;
using ZeroK.Noise;

namespace ZeroK.Client.Store;

/// <summary>A device's directory: which files, and what is in them.</summary>
internal static class DeviceFiles
{
    private const string IdentityName = "device.key", GroupName = "group.key";

    private static ReadOnlySpan<byte> IdentityMagic => "0KDK"u8;

    private static ReadOnlySpan<byte> GroupMagic => "0KGK"u8;

    public static string State(string directory) => Path.Combine(directory, "state.db");

    /// <summary>Unfinished transfers of large contents.</summary>
    public static string Transfers(string directory) => Path.Combine(directory, "content");

    public static bool HasIdentity(string directory) => StoreFailure.Exists(Path.Combine(directory, IdentityName));

    public static bool HasGroup(string directory) => StoreFailure.Exists(Path.Combine(directory, GroupName));

    /// <summary>Makes the directory, 0700.</summary>
    public static void MakeDirectory(string directory)
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
            else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(directory) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
                throw new DeviceException(DeviceProblem.Permissions, "Others may write into the device's directory. Take that right away (chmod 700), or use another directory.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Named(e, directory, "made");
        }
    }

    /// <summary>Identity file: secret (128), name length (u16), name (UTF-8).</summary>
    public static void WriteIdentity(string directory, DeviceIdentity identity, string name, bool replace = false)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var body = new byte[DeviceIdentity.SecretBytes + 2 + nameBytes.Length];
        try
        {
            identity.ExportSecret(body.AsSpan(0, DeviceIdentity.SecretBytes));
            BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(DeviceIdentity.SecretBytes), (ushort)nameBytes.Length);
            nameBytes.CopyTo(body, DeviceIdentity.SecretBytes + 2);
            if (replace) KeyFile.Replace(Path.Combine(directory, IdentityName), IdentityMagic, body);
            else KeyFile.Create(Path.Combine(directory, IdentityName), IdentityMagic, body, DeviceProblem.DeviceExists, "This directory holds a device already. It is left as it is; use another directory for a new one.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    public static (DeviceIdentity Identity, string Name) ReadIdentity(string directory)
    {
        var path = Path.Combine(directory, IdentityName);
        if (!StoreFailure.Exists(path)) throw new DeviceException(DeviceProblem.NoDevice, "This directory holds no device. Make one first.");
        var read = KeyFile.Read<Tuple<DeviceIdentity, string>>(path, IdentityMagic, static (bytes, offset, length) =>
        {
            var body = bytes.AsSpan(offset, length);
            if (body.Length < DeviceIdentity.SecretBytes + 2) return null;
            var name = body[(DeviceIdentity.SecretBytes + 2)..];
            if (BinaryPrimitives.ReadUInt16BigEndian(body[DeviceIdentity.SecretBytes..]) != name.Length) return null;
            return Tuple.Create(DeviceIdentity.Import(body[..DeviceIdentity.SecretBytes]), Encoding.UTF8.GetString(name));
        });
        return (read.Item1, read.Item2);
    }

    public static void WriteGroup(string directory, GroupContent content, bool replace = false)
    {
        var body = new byte[GroupRecord.BytesMax];
        try
        {
            var length = GroupRecord.Write(body, content);
            if (replace) KeyFile.Replace(Path.Combine(directory, GroupName), GroupMagic, body.AsSpan(0, length));
            else KeyFile.Create(Path.Combine(directory, GroupName), GroupMagic, body.AsSpan(0, length), DeviceProblem.GroupExists, "This device has a group already. It is left as it is; make a new device for another group.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    /// <summary>The device leaves its group: the group's file goes first, so that what follows can be done again after a crash.</summary>
    public static void RemoveGroup(string directory)
    {
        try
        {
            File.Delete(Path.Combine(directory, GroupName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException(DeviceProblem.Io, $"{GroupName} can't be removed: {e.Message}", e);
        }
    }

    /// <summary>A group's state without the group: a leave that did not come to its end.</summary>
    public static bool HasLeftovers(string directory) => !HasGroup(directory) && File.Exists(State(directory));

    /// <summary>Removes what <see cref="HasLeftovers"/> looks at, that itself last.</summary>
    public static void RemoveLeftovers(string directory)
    {
        try
        {
            if (Directory.Exists(Transfers(directory))) Directory.Delete(Transfers(directory), recursive: true);
            foreach (var ending in new[] { "-wal", "-shm", "-journal", "" }) File.Delete(State(directory) + ending);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException(DeviceProblem.Io, $"The state of the group that was left can't be removed: {e.Message}", e);
        }
    }

    /// <summary>The group file's content; its secret is there. The caller disposes of it.</summary>
    public static GroupContent ReadGroup(string directory) =>
        KeyFile.Read<Tuple<GroupContent>>(Path.Combine(directory, GroupName), GroupMagic, static (bytes, offset, length) =>
            GroupRecord.TryRead(bytes.AsSpan(offset, length), out var content) && content.Secret is not null ? Tuple.Create(content) : null).Item1;
}
