using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ZeroK.Cli.Service;

/// <summary>The system that this program runs on: its kind of service, this program's own command line, and running others.</summary>
internal static partial class Machine
{
    /// <summary>This program as another process starts it.</summary>
    public static IReadOnlyList<string> Self()
    {
        var path = Environment.ProcessPath ?? throw new CliException(ExitCode.Error, "The system doesn't say where this program is.");
        var isHost = Path.GetFileNameWithoutExtension(path) == "dotnet";
        return isHost ? [path, Path.Combine(AppContext.BaseDirectory, "zerok.dll")] : [path];
    }

    /// <summary>A service as this system has them.</summary>
    public static UserService Service(ServiceSpec spec, Func<string, string?> environment)
    {
        var home = environment("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsWindows()) return UserService.WindowsTask(spec, Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData));
        if (OperatingSystem.IsMacOS()) return UserService.Launchd(spec, home, UserId().ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (OperatingSystem.IsLinux()) return UserService.Systemd(spec, home, environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg : null);
        throw new CliException(ExitCode.Error, "Services are made for Linux (systemd), macOS and Windows only.", "Run `zerok watch --out DIR --text-to-files` by what this system has.");
    }

    /// <summary>Runs a command line; its exit code, and what it said on standard error. 127 where there is no such program.</summary>
    public static async Task<(int Code, string Said)> RunAsync(string[] line, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(line[0], line.Skip(1)) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var ignored = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var said = await process.StandardError.ReadToEndAsync(cancellationToken);
            await ignored;
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, said.Trim().TrimEnd('.'));
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (127, e.Message.TrimEnd('.'));
        }
    }

    [LibraryImport("libc", EntryPoint = "getuid")]
    private static partial uint UserId();
}
