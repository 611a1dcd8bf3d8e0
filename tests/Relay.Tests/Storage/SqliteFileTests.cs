using System.Diagnostics;
using Xunit;
using ZeroK.Grains.Storage;
using ZeroK.Storage.Sqlite;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>What the embedded store promises about its files, its disk and its owner.</summary>
public sealed class SqliteFileTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Second_owner_of_the_directory_is_refused_and_told_who_has_it()
    {
        using var directory = new TempDirectory();
        using var store = Open(directory.Path);
        var refused = Assert.Throws<StoreException>(() => Open(directory.Path));
        Assert.Contains("in use by", refused.Message, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows()) Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        store.Dispose();
        Open(directory.Path).Dispose();
    }

    [Fact]
    public async Task Files_are_for_their_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no Unix file modes.");
            return;
        }

        using var directory = new TempDirectory();
        var data = Path.Combine(directory.Path, "data");
        using var store = Open(data);
        Assert.True(await store.CommitAsync(Commits.Create(Guid.NewGuid()), Stop));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        var files = Directory.GetFiles(data);
        Assert.True(files.Length >= 4, "The database, its log, its shared memory and the lock.");
        foreach (var file in files) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    // What a killed process leaves behind is what lies in the files at that moment: nothing is closed, the log is not folded in.
    [Fact]
    public async Task All_that_was_acknowledged_is_there_after_an_abrupt_end()
    {
        using var directory = new TempDirectory();
        var left = Path.Combine(directory.Path, "left");
        var group = Guid.NewGuid();
        using (var store = Open(Path.Combine(directory.Path, "live")))
        {
            Assert.True(await store.CommitAsync(Commits.Create(group), Stop));
            for (ulong i = 0; i < 100; i++) Assert.True(await store.CommitAsync(Commits.Append(group, 1, i, $"{i}"), Stop));
            Directory.CreateDirectory(left);
            foreach (var file in Directory.GetFiles(Path.Combine(directory.Path, "live"), "groups.db*").Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)))
                File.Copy(file, Path.Combine(left, Path.GetFileName(file)));
        }

        using var again = Open(left);
        var snapshot = (await again.TakeOverAsync(group, Stop))!;
        Assert.Equal(100UL, snapshot.Row.LastCursor.Value);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), await Commits.TextsAsync(again, group, [.. Enumerable.Range(1, 100).Select(c => (ulong)c)]));
    }

    [Fact]
    public async Task Data_of_a_newer_relay_is_refused_with_advice()
    {
        using var directory = new TempDirectory();
        using (var store = Open(directory.Path)) Assert.True(await store.CommitAsync(Commits.Create(Guid.NewGuid()), Stop));
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(directory.Path, "groups.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE meta SET value = CAST('99' AS BLOB) WHERE key = 'schema'";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        Assert.Contains("newer relay", Assert.Throws<StoreException>(() => Open(directory.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Full_disk_refuses_with_advice_and_the_store_goes_on_when_there_is_space()
    {
        using var directory = new TempDirectory();
        var mount = Path.Combine(directory.Path, "small");
        Directory.CreateDirectory(mount);
        if (!Runs("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", mount)) Assert.Skip("A small disk can't be mounted here (needs root on Linux).");
        try
        {
            var ballast = Path.Combine(mount, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[5 << 20], Stop);
            using var store = Open(Path.Combine(mount, "data"));
            var group = Guid.NewGuid();
            Assert.True(await store.CommitAsync(Commits.Create(group), Stop));
            var body = new string('x', 200_000);
            ulong last = 0;
            StoreException? full = null;
            while (full is null)
            {
                try
                {
                    Assert.True(await store.CommitAsync(Commits.Append(group, 1, last, body), Stop));
                    last++;
                }
                catch (StoreException e)
                {
                    full = e;
                }
            }

            Assert.Contains("disk", full.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(last, (ulong)(await Commits.TextsAsync(store, group, [.. Enumerable.Range(1, (int)last + 1).Select(c => (ulong)c)])).Count);
            File.Delete(ballast);
            Assert.True(await store.CommitAsync(Commits.Append(group, 1, last, "after"), Stop));
            Assert.Equal(["after"], await Commits.TextsAsync(store, group, last + 1));
        }
        finally
        {
            Assert.True(Runs("umount", mount), "The small disk is unmounted again.");
        }
    }

    [Fact]
    public async Task Commits_that_the_store_cannot_keep_fail_alone()
    {
        using var directory = new TempDirectory();
        using var store = Open(directory.Path);
        var good = Guid.NewGuid();
        Assert.True(await store.CommitAsync(Commits.Create(good), Stop));
        var waiting = new List<(Task<bool> Good, Task<bool> TooFar, Task<bool> Broken)>();
        for (ulong i = 0; i < 50; i++)
        {
            var broken = Commits.Create(Guid.NewGuid());
            waiting.Add((
                store.CommitAsync(Commits.Append(good, 1, i, "g"), Stop).AsTask(),
                store.CommitAsync(Commits.Append(good, 1, (1UL << 40) - 1, "one cursor too far"), Stop).AsTask(),
                store.CommitAsync(broken with { Devices = [broken.Devices[0] with { LastSeenMs = ulong.MaxValue }] }, Stop).AsTask()));
        }

        foreach (var (taken, tooFar, broken) in waiting)
        {
            Assert.True(await taken);
            Assert.Contains("cursor", (await Assert.ThrowsAsync<StoreException>(() => tooFar)).Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StoreException>(() => broken);
        }

        Assert.Equal(50UL, (await store.TakeOverAsync(good, Stop))!.Row.LastCursor.Value);
    }

    [Fact]
    public async Task Foreign_writer_is_noticed_and_overwrites_nothing()
    {
        using var directory = new TempDirectory();
        using var store = Open(directory.Path);
        var group = Guid.NewGuid();
        Assert.True(await store.CommitAsync(Commits.Create(group), Stop));
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(directory.Path, "groups.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE groups SET epoch = 7";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        Assert.Contains("Another program", (await Assert.ThrowsAsync<StoreException>(async () => await store.CommitAsync(Commits.Append(group, 1, 0, "a"), Stop))).Message, StringComparison.Ordinal);
        Assert.False(await store.CommitAsync(Commits.Append(group, 1, 0, "a"), Stop));
        Assert.Equal(8UL, (await store.TakeOverAsync(group, Stop))!.Epoch);
    }

    [Fact]
    public void Options_out_of_range_are_named() =>
        Assert.Contains("ReadConnections", Assert.Throws<ArgumentException>(() => SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = "unused", ReadConnections = 0 })).Message, StringComparison.Ordinal);

    private static SqliteGroupStore Open(string path) => SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = path });

    private static bool Runs(string program, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
