using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Bench.Cluster;

/// <summary>Redis Streams, appendfsync always: XADD over connections of their own, one under way each.</summary>
internal static class Redis
{
    public static async Task<Measured> RunAsync(int clients, int bytes, TimeSpan time)
    {
        using var server = await Server.StartAsync("redis-server", (port, directory) =>
            ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", directory, "--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
        var body = RandomNumberGenerator.GetBytes(bytes);
        var open = new List<TcpClient>();
        var workers = new List<Func<Task>>();
        for (var i = 0; i < clients; i++)
        {
            var client = await server.ConnectAsync();
            open.Add(client);
            byte[] request = [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"*5\r\n$4\r\nXADD\r\n$4\r\ns{i:D3}\r\n$1\r\n*\r\n$1\r\nb\r\n${bytes}\r\n")), .. body, .. "\r\n"u8];
            var (stream, reply) = (client.GetStream(), new byte[256]);
            workers.Add(async () =>
            {
                await stream.WriteAsync(request);
                var got = await stream.ReadAsync(reply);
                if (got == 0 || reply[0] != '$') throw new InvalidOperationException("Redis refused: " + Encoding.ASCII.GetString(reply, 0, got));
            });
        }

        var measured = await Load.RunAsync(FormattableString.Invariant($"Redis Streams, appendfsync always, {clients} clients"), workers, time, () => [("Redis", ProcessorTime.Of(server.ProcessId))]);
        foreach (var client in open) client.Dispose();
        return measured;
    }
}

/// <summary>A server program on a free port with a directory of its own; killed at the end.</summary>
internal sealed class Server : IDisposable
{
    private readonly Process _process;
    private readonly string _directory;
    private readonly int _port;

    private Server(Process process, string directory, int port) => (_process, _directory, _port) = (process, directory, port);

    public int ProcessId => _process.Id;

    public static string? WhyNot(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(d => File.Exists(Path.Combine(d, program))) ? null : $"{program} is not installed: apt-get install {program}";

    public static async Task<Server> StartAsync(string program, Func<int, string, string[]> arguments)
    {
        var directory = Directory.CreateTempSubdirectory("zerok-bench-").FullName;
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var path = File.Exists("/usr/sbin/" + program) ? "/usr/sbin/" + program : program;
        var process = Process.Start(new ProcessStartInfo(path, arguments(port, directory)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        var server = new Server(process, directory, port);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                (await server.ConnectAsync()).Dispose();
                return server;
            }
            catch (SocketException) when (attempt < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    public async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", _port);
        return client;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
