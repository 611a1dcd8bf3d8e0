using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>What is wrong with the disk is told by its name: real errors of SQLite and of the system.</summary>
public sealed partial class StoreFailureTests : IDisposable
{
    private const UnixFileMode OwnerAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const uint Nobody = 65534;
    private readonly string _folder = Directory.CreateTempSubdirectory("zerok-failure-").FullName;
    private bool _isMounted;

    public void Dispose()
    {
        if (_isMounted) Run("umount", "-l", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_state_that_may_not_grow_says_that_the_disk_is_full()
    {
        using var store = new SqliteStateStore(State);
        SqliteSchema.Execute(store.Connection, "PRAGMA max_page_count=20");
        var failure = Assert.Throws<IOException>(() => store.Append([new OutboxEntry(1, BlobId.New(), new byte[200_000])], new byte[32]));
        Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0UL, store.Load().LastSequence);
    }

    [Fact]
    public void A_full_disk_is_no_damage()
    {
        Mount("size=256k");
        using (var store = new SqliteStateStore(State))
        {
            var failure = Assert.Throws<IOException>(() => store.Append([new OutboxEntry(1, BlobId.New(), new byte[400_000])], new byte[32]));
            Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
        }

        using (var filler = new FileStream(Path.Combine(_folder, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, 0))
            Assert.IsAssignableFrom<IOException>(Record.Exception(() => Fill(filler)));
        Assert.Equal(DeviceProblem.DiskFull, ProblemOf(() => new SqliteStateStore(Path.Combine(_folder, "fresh.db")).Dispose()));
        Assert.Equal(DeviceProblem.DiskFull, ProblemOf(() => Device.Init(Path.Combine(_folder, "device"), "laptop").Dispose()));
    }

    [Fact]
    public void A_read_only_file_system_is_named()
    {
        Mount("size=4m");
        Device.Init(Path.Combine(_folder, "device"), "laptop").Dispose();
        new SqliteStateStore(State).Dispose();
        Run("mount", "-o", "remount,ro", _folder);
        Assert.Equal(DeviceProblem.ReadOnly, ProblemOf(() => new SqliteStateStore(State).Dispose()));
        Assert.Equal(DeviceProblem.ReadOnly, ProblemOf(() => DirectoryLock.Take(_folder).Dispose()));
        Assert.Equal(DeviceProblem.ReadOnly, ProblemOf(() => Device.Init(Path.Combine(_folder, "other"), "laptop").Dispose()));
        using var device = Device.Open(Path.Combine(_folder, "device"));
        using var secret = GroupSecret.Random();
        Assert.Equal(DeviceProblem.ReadOnly, ProblemOf(() => device.CreateGroup(secret, [Fakes.Rig.Address])));
    }

    [Fact]
    public void What_belongs_to_another_user_says_so()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux, to be somebody else.");
            return;
        }

        using (var made = Device.Init(Path.Combine(_folder, "device"), "laptop"))
        using (var secret = GroupSecret.Random()) made.CreateGroup(secret, [Fakes.Rig.Address]);
        new SqliteStateStore(State).Dispose();
        File.SetUnixFileMode(_folder, OwnerAll);
        AsNobody(() =>
        {
            foreach (var use in (Action[])[() => new SqliteStateStore(State).Dispose(), () => DirectoryLock.Take(_folder).Dispose(), () => Device.Open(Path.Combine(_folder, "device")).Dispose()])
            {
                var failure = Assert.Throws<DeviceException>(use);
                Assert.Equal(DeviceProblem.AccessDenied, failure.Problem);
                Assert.Contains("chown", failure.Message, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void A_file_of_another_user_in_an_own_directory_says_so()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux, to be somebody else.");
            return;
        }

        new SqliteStateStore(State).Dispose();
        File.SetUnixFileMode(_folder, OwnerAll | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        AsNobody(() => Assert.Equal(DeviceProblem.AccessDenied, ProblemOf(() => new SqliteStateStore(State).Dispose())));
        File.SetUnixFileMode(State, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        AsNobody(() => Assert.Equal(DeviceProblem.AccessDenied, ProblemOf(() => new SqliteStateStore(State).Dispose())));
    }

    [Fact]
    public void A_locked_state_is_in_use()
    {
        new SqliteStateStore(State).Dispose();
        using var other = new SqliteConnection($"Data Source={State};Pooling=False");
        other.Open();
        SqliteSchema.Execute(other, "PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE;");
        Assert.Equal(DeviceProblem.InUse, ProblemOf(() => SqliteSchema.Open(State, busySeconds: 1).Dispose()));
    }

    [Fact]
    public void A_broken_page_is_damage_and_so_is_a_missing_table()
    {
        using (var store = new SqliteStateStore(State)) SqliteSchema.Execute(store.Connection, "DROP TABLE peer");
        using (var store = new SqliteStateStore(State)) Assert.Equal(DeviceProblem.Damaged, ProblemOf(() => store.Load()));
        using (var file = new FileStream(State, FileMode.Open))
        {
            file.Position = 100;
            file.Write(Enumerable.Repeat((byte)0xA5, 3000).ToArray());
        }

        Assert.Equal(DeviceProblem.Damaged, ProblemOf(() => new SqliteStateStore(State).Dispose()));
    }

    [Fact]
    public void A_directory_that_is_gone_is_no_damage() =>
        Assert.Contains("unmounted", Assert.Throws<DeviceException>(() => new SqliteStateStore(Path.Combine(_folder, "gone", "state.db"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(28, DeviceProblem.DiskFull)]
    [InlineData(122, DeviceProblem.DiskFull)]
    [InlineData(30, DeviceProblem.ReadOnly)]
    [InlineData(24, DeviceProblem.TooManyOpenFiles)]
    [InlineData(23, DeviceProblem.TooManyOpenFiles)]
    [InlineData(11, DeviceProblem.InUse)]
    [InlineData(unchecked((int)0x80070070), DeviceProblem.DiskFull)]
    [InlineData(unchecked((int)0x80070020), DeviceProblem.InUse)]
    [InlineData(5, DeviceProblem.Io)]
    public void The_systems_error_is_named(int code, DeviceProblem problem) =>
        Assert.Equal(problem, StoreFailure.Named(new IOException("The system says no.", code), State, "written").Problem);

    [Fact]
    public void Every_code_but_two_is_no_damage()
    {
        for (var code = 2; code <= 28; code++)
        {
            var problem = StoreFailure.Named(new SqliteException("no", code, code), State, "opened").Problem;
            Assert.Equal(code is 11 or 26, problem == DeviceProblem.Damaged);
        }
    }

    private string State => Path.Combine(_folder, "state.db");

    private static void Fill(FileStream file)
    {
        while (file.Length < 1024 * 1024) file.Write(new byte[1024]);
    }

    private static DeviceProblem ProblemOf(Action use) => Assert.Throws<DeviceException>(use).Problem;

    private void Mount(string options)
    {
        _isMounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", _folder) == 0;
        if (!_isMounted) Assert.Skip("Needs the right to mount.");
    }

    // The file system asks for this thread's user alone, and root's rights go with it.
    private static void AsNobody(Action what)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("Needs root, to be somebody else.");

        Exception? failure = null;
        var thread = new Thread(() =>
        {
            _ = SetFileSystemUser(Nobody);
            try
            {
                what();
            }
            catch (Exception e)
            {
                failure = e;
            }
            finally
            {
                _ = SetFileSystemUser(0);
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileSystemUser(uint user);
}
