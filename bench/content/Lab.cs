using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZeroK.Bench.Content;

/// <summary>A relay and two devices on loopback, all of them processes, in a directory that goes with it.</summary>
internal sealed class Lab : IAsyncDisposable
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));
    private static readonly string Configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
    private Process? _relay;

    private readonly string _transport;

    private Lab(string transport, string directory) => (_transport, Directory) = (transport, directory);

    public string Directory { get; }

    /// <summary>The content to send: random bytes.</summary>
    public string Source => Path.Combine(Directory, "source.bin");

    public string RelayContents => Path.Combine(Directory, "relay", "content");

    /// <summary>The most memory that the relay had, MB.</summary>
    public double RelayPeakMb => PeakMb(_relay!.Id) ?? 0;

    public static async Task<Lab> StartAsync(string transport, int mebibytes)
    {
        var lab = new Lab(transport, System.IO.Directory.CreateTempSubdirectory("zerok-bench-content-").FullName);
        WriteRandom(lab.Source, mebibytes);
        var dll = Path.Combine(Root, "Silo/Host/bin", Configuration, "net10.0/zerok-relay.dll");
        var start = new ProcessStartInfo("dotnet", [dll, "--listen", "127.0.0.1", "--port", "0", "--http-port", "0", "--data-dir", Path.Combine(lab.Directory, "relay"), "--json", "true", "--log-level", "Warning", "--Content:GroupBytesMax=8589934592"]) { RedirectStandardOutput = true };
        lab._relay = Process.Start(start)!;
        var line = await lab._relay.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The relay ended before it was ready.");
        _ = lab._relay.StandardOutput.ReadToEndAsync();
        using var ready = JsonDocument.Parse(line);
        var address = ready.RootElement.GetProperty("address").GetString()!;
        var invite = Path.Combine(lab.Directory, "invite");
        foreach (var arguments in new string[][] { ["a", "init", "--name", "a"], ["b", "init", "--name", "b"], ["a", "group", "create", "--relay", address], ["a", "invite", "--file", invite], ["b", "group", "join", "--invite-file", invite] })
            await lab.RunAsync(arguments[0], arguments[1..]);
        return lab;
    }

    /// <summary>Starts a command of a device.</summary>
    public Process Start(string device, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Root, "Cli/bin", Configuration, "net10.0/zerok.dll"), .. arguments, "--data-dir", Path.Combine(Directory, device), "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ZEROK_TRANSPORT"] = _transport;
        return Process.Start(start)!;
    }

    /// <summary>Runs a command to its end.</summary>
    /// <returns>Its last result, how long it took, and the most memory that it had.</returns>
    public async Task<(JsonObject Result, double Seconds, double PeakMb)> RunAsync(string device, params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using var process = Start(device, arguments);
        var reading = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var (ended, peak) = (process.WaitForExitAsync(), 0d);
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, PeakMb(process.Id) ?? 0);
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }

        var seconds = clock.Elapsed.TotalSeconds;
        if (process.ExitCode != 0) throw new InvalidOperationException($"zerok {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
        return (JsonNode.Parse((await reading).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!.AsObject(), seconds, peak);
    }

    public async ValueTask DisposeAsync()
    {
        _relay!.Kill();
        await _relay.WaitForExitAsync();
        _relay.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    public static void WriteRandom(string path, int mebibytes)
    {
        using var file = File.Create(path);
        var piece = new byte[1 << 20];
        for (var i = 0; i < mebibytes; i++)
        {
            RandomNumberGenerator.Fill(piece);
            file.Write(piece);
        }
    }

    // The kernel's own high-water mark; null once the process is gone.
    private static double? PeakMb(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? null : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
