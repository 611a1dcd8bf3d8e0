using System.Diagnostics;
using System.Text;

namespace ZeroK.EndToEnd.Tests;

/// <summary>The built programs, run as a user would.</summary>
internal static class Programs
{
    private static readonly string Root = FindRoot();

    public static string Relay { get; } = Built("Silo/Host", "zerok-relay.dll");

    public static string Cli { get; } = Built("Cli", "zerok.dll");

    public static string OwnDatabase { get; } = Built("samples/OwnDatabase", "zerok-own-database.dll");

    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Runs the command line to its end; its standard output.</summary>
    public static async Task<string> RunCliAsync(string dataDir, string input, params string[] arguments)
    {
        using var process = Start(Cli, [.. arguments, "--data-dir", dataDir, "--json"]);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"zerok {arguments[0]} ended with {process.ExitCode}: {await errors}");
    }

    // The tests' own output folder says which configuration was built: …/bin/Release/net10.0/.
    private static string Built(string project, string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var path = Path.Combine(Root, project, "bin", folder.Parent!.Name, folder.Name, file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built.");
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ZeroK.Orleans.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("ZeroK.Orleans.sln is in no folder above the tests.");
    }
}
