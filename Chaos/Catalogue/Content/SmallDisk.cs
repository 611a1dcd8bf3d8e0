using System.Diagnostics;
using System.Globalization;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>A small file system in memory over a folder: fills up like a disk. Only root on Linux may mount one; elsewhere the scenario is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    /// <exception cref="ScenarioSkippedException">It can't be mounted here.</exception>
    public SmallDisk(string path, long bytes)
    {
        _path = path;
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", Size(bytes), "tmpfs", path) is not null)
            throw new ScenarioSkippedException("a small file system can't be mounted here: it takes root on Linux");
    }

    public void Resize(long bytes)
    {
        if (Run("mount", "-o", "remount,rw," + Size(bytes), _path) is { } why) throw new InvalidOperationException("The file system can't be made larger: " + why);
    }

    public void Dispose() => Run("umount", "-l", _path);

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"size={bytes / 1024}k");

    // Null, or what the command says.
    private static string? Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : errors.Trim();
    }
}
