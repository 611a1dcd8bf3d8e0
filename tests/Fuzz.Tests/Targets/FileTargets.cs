using ZeroK.Client;
using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Noise;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>The files of a device, as a damaged disk or another program may leave them. A damaged file is refused and left as it is.</summary>
internal static class FileTargets
{
    private const int HeaderSize = 5, ChecksumSize = 8;
    private static readonly string Root = Directory.CreateTempSubdirectory("zerok-fuzz-").FullName;

    static FileTargets() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(Root, recursive: true);

    /// <summary>device.key.</summary>
    public static FuzzTarget Identity { get; } = new("device-key", [MakeIdentity()], static bytes => Read("device.key", bytes, static folder =>
    {
        var (identity, name) = DeviceFiles.ReadIdentity(folder);
        using (identity) return name;
    })) { Repair = WithChecksum, AllocationBytesMax = static _ => 1024 * 1024 };

    /// <summary>group.key.</summary>
    public static FuzzTarget Group { get; } = new("group-key", [MakeGroup()], static bytes => Read("group.key", bytes, static folder =>
    {
        using var secret = DeviceFiles.ReadGroup(folder).Secret;
        return secret is null ? throw new InvalidOperationException("A group file without a secret was accepted.") : "read";
    })) { Repair = WithChecksum };

    /// <summary>state.db: every table is read.</summary>
    public static FuzzTarget State { get; } = new("state-db", [MakeState()], static bytes => Read("state.db", bytes, static folder =>
    {
        using var store = new SqliteStateStore(DeviceFiles.State(folder));
        return store.Load();
    })) { InputBytesMax = 1024 * 1024, AllocationBytesMax = static _ => 16 * 1024 * 1024 };

    private static object? Read(string name, byte[] bytes, Func<string, object> read)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, Guid.NewGuid().ToString("N"))).FullName;
        var path = Path.Combine(folder, name);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(path, options)) file.Write(bytes);
            return read(folder);
        }
        catch (DeviceException)
        {
            return name == "state.db" || File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes) ? null : throw new InvalidOperationException("A refused file was changed.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] WithChecksum(byte[] bytes)
    {
        if (bytes.Length < HeaderSize + ChecksumSize) return bytes;
        var mended = bytes.ToArray();
        GroupRecord.Checksum(mended.AsSpan(0, mended.Length - ChecksumSize), mended.AsSpan(mended.Length - ChecksumSize));
        return mended;
    }

    private static byte[] MakeIdentity()
    {
        var folder = Directory.CreateTempSubdirectory("zerok-fuzz-").FullName;
        using var identity = DeviceIdentity.Import([.. Enumerable.Range(1, DeviceIdentity.SecretBytes).Select(i => (byte)i)]);
        DeviceFiles.WriteIdentity(folder, identity, "laptop");
        return TakeFile(folder, "device.key");
    }

    private static byte[] MakeGroup()
    {
        var folder = Directory.CreateTempSubdirectory("zerok-fuzz-").FullName;
        GroupRecord.TryRead(InviteTargets.Make(true, "relay.example"), out var content);
        using (content.Secret) DeviceFiles.WriteGroup(folder, content);
        return TakeFile(folder, "group.key");
    }

    private static byte[] MakeState()
    {
        var folder = Directory.CreateTempSubdirectory("zerok-fuzz-").FullName;
        using (var store = new SqliteStateStore(DeviceFiles.State(folder)))
        {
            store.Append([new OutboxEntry(1, new Wire.BlobId(new byte[16]), new byte[200])], new byte[32]);
            store.SaveRelay(new RelayState(new byte[32]) { LogId = new byte[16] });
        }

        return TakeFile(folder, "state.db");
    }

    private static byte[] TakeFile(string folder, string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(folder, name));
        Directory.Delete(folder, recursive: true);
        return bytes;
    }
}
