using System.ComponentModel;
using System.Diagnostics;

namespace ZeroK.Bench.Content;

/// <summary>The same file through rclone's crypt remote onto the same file system, and back: encryption without a network between.</summary>
internal static class RcloneBench
{
    private static readonly string[] Transports = ["tcp", "quic"];

    public static async Task RunAsync(int mebibytes, Figures figures)
    {
        var directory = Directory.CreateTempSubdirectory("zerok-bench-rclone-").FullName;
        try
        {
            var source = Path.Combine(directory, "source.bin");
            Lab.WriteRandom(source, mebibytes);
            var password = (await RunAsync(directory, "obscure", "bench")).Output.Trim();
            var bytes = mebibytes * 1048576.0;
            var put = await RunAsync(directory, password, "copyto", source, "sealed:source.bin");
            var get = await RunAsync(directory, password, "copyto", "sealed:source.bin", Path.Combine(directory, "target.bin"));
            var (up, down) = (bytes / put.Seconds / 1e6, bytes / get.Seconds / 1e6);
            figures.Add("rclone copy to its crypt remote, same file system", up, "MB/s", Ratios(figures, "put", up));
            figures.Add("rclone copy from its crypt remote, same file system", down, "MB/s", Ratios(figures, "get", down));
        }
        catch (Win32Exception)
        {
            Console.WriteLine("skipped: rclone is not installed (apt-get install rclone)");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Ratios(Figures figures, string what, double rclone) =>
        string.Join(", ", Transports.Where(t => figures.Of($"{what} over {t}") is not null).Select(t => FormattableString.Invariant($"{what} over {t} is {figures.Of($"{what} over {t}")!.Value / rclone:0.00} of it")));

    private static Task<(string Output, double Seconds)> RunAsync(string directory, string command, string argument) => RunAsync(directory, "", [command, argument]);

    private static async Task<(string Output, double Seconds)> RunAsync(string directory, string password, params string[] arguments)
    {
        var start = new ProcessStartInfo("rclone", [.. arguments, "--config", Path.Combine(directory, "none.conf")]) { RedirectStandardOutput = true };
        start.Environment["RCLONE_CONFIG_SEALED_TYPE"] = "crypt";
        start.Environment["RCLONE_CONFIG_SEALED_REMOTE"] = Path.Combine(directory, "remote");
        start.Environment["RCLONE_CONFIG_SEALED_PASSWORD"] = password;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? (output, clock.Elapsed.TotalSeconds) : throw new InvalidOperationException($"rclone {arguments[0]} ended with {process.ExitCode}.");
    }
}
