using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ZeroK.Relay.Tests.Content;

/// <summary>Azurite, the test server for Azure Blob Storage, as a child process: on a free port of the loopback, everything in memory, gone with the test.</summary>
internal sealed partial class AzuriteServer : IDisposable
{
    private const int Stop = 19, Continue = 18;

    // Azurite's well-known account; it has no other.
    private const string Account = "devstoreaccount1", Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string Listens = "successfully listens on http://127.0.0.1:";

    private readonly Process _process;

    private AzuriteServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>How to reach it.</summary>
    public string ConnectionString => ConnectionStringOf(Port);

    /// <summary>Null, or why no server can be started here.</summary>
    public static string? WhyNot() => Find() is null ? "Azurite is not installed (npm install --prefix ~/.cache/zerok/azurite azurite; or name azurite-blob in ZEROK_AZURITE)" : null;

    public static string ConnectionStringOf(int port) => string.Create(CultureInfo.InvariantCulture, $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{port}/{Account};");

    /// <summary>Starts it; returns when it listens.</summary>
    public static async Task<AzuriteServer> StartAsync()
    {
        var start = new ProcessStartInfo(Find() ?? throw new InvalidOperationException(WhyNot()), ["--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--silent", "--extentMemoryLimit", "256"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        var process = Process.Start(start)!;
        var port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExitAsync();
        await Task.WhenAny(port.Task, ended).WaitAsync(TimeSpan.FromSeconds(60));
        if (!port.Task.IsCompleted) throw new InvalidOperationException("Azurite does not start: " + string.Join('\n', said));
        return new AzuriteServer(process, await port.Task);

        void Hear(string? line)
        {
            if (line is null) return;
            lock (said) said.Add(line);
            var at = line.IndexOf(Listens, StringComparison.Ordinal);
            if (at >= 0) port.TrySetResult(int.Parse(line.AsSpan(at + Listens.Length), CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Freezes it: requests are taken, and not answered.</summary>
    public void Pause() => _ = SysKill(_process.Id, Stop);

    /// <summary>Lets it go on.</summary>
    public void Resume() => _ = SysKill(_process.Id, Continue);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static string? Find()
    {
        if (OperatingSystem.IsWindows()) return null;
        if (Environment.GetEnvironmentVariable("ZEROK_AZURITE") is { Length: > 0 } named) return File.Exists(named) ? named : null;
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Append(Path.Combine(cache, "zerok", "azurite", "node_modules", ".bin"))
            .Select(d => Path.Combine(d, "azurite-blob"))
            .FirstOrDefault(File.Exists);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SysKill(int process, int signal);
}
