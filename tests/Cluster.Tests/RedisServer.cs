using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ZeroK.Cluster.Tests;

/// <summary>A Redis server of the test's own: on a free port of the loopback, nothing on disk, gone with the test.</summary>
internal sealed class RedisServer : IDisposable
{
    private const string Program = "redis-server";
    private readonly Process _process;

    private RedisServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Null, or why no server can be started here.</summary>
    public static string? WhyNot() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, Program))) ? null : $"{Program} is not installed";

    /// <summary>Starts it; returns when it takes connections.</summary>
    public static async Task<RedisServer> StartAsync(CancellationToken cancellationToken)
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        string[] arguments = ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath()];
        var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.Contains("eady to accept connections", StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return new RedisServer(process, port);
        }

        throw new InvalidOperationException($"{Program} does not start.");
    }

    /// <summary>Sends one command; returns the beginning of its answer as text.</summary>
    public async Task<string> AskAsync(string command, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken);
        var answer = new byte[4096];
        return System.Text.Encoding.UTF8.GetString(answer, 0, await stream.ReadAsync(answer, cancellationToken));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
