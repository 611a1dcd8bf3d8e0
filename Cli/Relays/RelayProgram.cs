using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ZeroK.Cli.Relays;

/// <summary>Finds the relay's program: ZEROK_RELAY, then relay/ beside zerok, then beside zerok.</summary>
internal static class RelayProgram
{
    private const string Name = "zerok-relay";

    /// <summary>What starts the relay, without options.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public static ProcessStartInfo Find(Func<string, string?> environment)
    {
        if (environment("ZEROK_RELAY") is { Length: > 0 } set)
        {
            var given = Directory.Exists(set) ? InFolder(set) : File.Exists(set) ? Start(Path.GetFullPath(set)) : null;
            return given ?? throw new CliException(ExitCode.Usage, "ZEROK_RELAY names neither the relay's program nor a folder that has it.");
        }

        return InFolder(Path.Combine(AppContext.BaseDirectory, "relay"))
            ?? InFolder(AppContext.BaseDirectory)
            ?? throw new CliException(ExitCode.Error, "The relay's program is not beside zerok.", "Build it with `dotnet build Cli`, or say where it is with ZEROK_RELAY.");
    }

    private static ProcessStartInfo? InFolder(string folder)
    {
        foreach (var file in new[] { Name + ".dll", OperatingSystem.IsWindows() ? Name + ".exe" : Name })
        {
            var path = Path.GetFullPath(Path.Combine(folder, file));
            if (File.Exists(path) && (!file.EndsWith(".dll", StringComparison.Ordinal) || DotnetHost() is not null)) return Start(path);
        }

        return null;
    }

    private static ProcessStartInfo Start(string path)
    {
        if (!path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)) return new ProcessStartInfo(path);
        var start = new ProcessStartInfo(DotnetHost() ?? "dotnet");
        start.ArgumentList.Add(path);
        return start;
    }

    // The runtime that runs this program: <root>/shared/Microsoft.NETCore.App/<version>/. A self-contained one has no host there.
    private static string? DotnetHost()
    {
        var host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return File.Exists(host) ? host : null;
    }
}
