using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace ZeroK.Relay.Tests.Content;

/// <summary>A file system of a few pages, in memory: fills up, and can be made larger or read-only. Only root may mount one; others skip.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk Mount(int kib)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "skipped: only root on Linux can mount a small file system");
        var path = Directory.CreateTempSubdirectory("zerok-disk-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", Size(kib), "tmpfs", path) is { } why)
        {
            Directory.Delete(path);
            Assert.Skip($"skipped: no file system can be mounted here ({why})");
        }

        return new SmallDisk(path);
    }

    public void Resize(int kib) => Assert.Null(Run("mount", "-o", "remount,rw," + Size(kib), Path));

    public void MakeReadOnly() => Assert.Null(Run("mount", "-o", "remount,ro", Path));

    public void Dispose()
    {
        Run("umount", Path);
        Directory.Delete(Path);
    }

    private static string Size(int kib) => string.Create(CultureInfo.InvariantCulture, $"size={kib}k");

    // Null, or what the command says.
    private static string? Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : errors.Trim();
    }
}
