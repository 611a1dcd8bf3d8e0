using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Npgsql;

namespace ZeroK.Postgres;

/// <summary>A PostgreSQL server of the test's own: made in a temporary directory, on a free port of the loopback, gone with the test.</summary>
/// <remarks>PostgreSQL refuses to run as root: then the user "postgres" or "nobody" runs it, by setpriv.</remarks>
public sealed partial class PostgreSqlServer : IAsyncDisposable
{
    private const int Stop = 19, Continue = 18, Kill = 9, Interrupt = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory;
    private readonly string _bin;
    private Process? _process;
    private int _databases;

    private PostgreSqlServer(string directory, string bin, int port) => (_directory, _bin, Port) = (directory, bin, port);

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The server's first process; the others are its children. While it runs.</summary>
    public int ProcessId => _process!.Id;

    private string Data => Path.Combine(_directory, "data");

    /// <summary>Null, or why no server can be made here.</summary>
    public static string? WhyNot() => FindBin() is null ? "PostgreSQL is not installed (no initdb)" : null;

    /// <summary>Makes a server and starts it.</summary>
    public static async Task<PostgreSqlServer> StartAsync()
    {
        var bin = FindBin() ?? throw new InvalidOperationException(WhyNot());
        var directory = Directory.CreateTempSubdirectory("zerok-pg-").FullName;
        if (IsRoot) await RunAsync("chown", UnprivilegedUser, directory);
        var server = new PostgreSqlServer(directory, bin, FreePort());
        await RunAsync(AsUnprivileged(Path.Combine(bin, "initdb"), "-D", server.Data, "-U", "zerok", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"));
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Makes an empty database; returns how to reach it.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = $"zerok{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>How to reach a database of the server.</summary>
    public string ConnectionString(string database) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Database={database};Username=zerok");

    /// <summary>Starts the server on its data again; returns when it takes connections.</summary>
    public async Task StartAgainAsync()
    {
        // A server that was killed leaves children that hold its memory for a moment: try until they are gone.
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            string[] settings = ["shared_buffers=64MB", "max_connections=100", "wal_level=minimal", "max_wal_senders=0", "listen_addresses=127.0.0.1", $"unix_socket_directories={_directory}", "logging_collector=off", "recovery_init_sync_method=syncfs"];
            _process = Start(AsUnprivileged([Path.Combine(_bin, "postgres"), "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture), .. settings.SelectMany(s => new[] { "-c", s })]));
            _process.OutputDataReceived += (_, _) => { };
            _process.BeginOutputReadLine();
            var errors = new List<string>();
            _process.ErrorDataReceived += (_, line) => { lock (errors) errors.Add(line.Data ?? ""); };
            _process.BeginErrorReadLine();
            while (!_process.HasExited)
            {
                if (await AnswersAsync()) return;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }

            if (Stopwatch.GetElapsedTime(since) > Patience) throw new InvalidOperationException("PostgreSQL does not start: " + string.Join('\n', errors));
        }
    }

    /// <summary>Stops the server as an operator would: connections are cut, everything is written.</summary>
    public Task ShutDownAsync() => EndAsync(Interrupt);

    /// <summary>Kills the server's first process; the others end when they notice.</summary>
    public Task KillAsync() => EndAsync(Kill);

    /// <summary>Freezes the server: all its processes.</summary>
    public void Pause() => SignalAll(Stop);

    /// <summary>Lets it go on.</summary>
    public void Resume() => SignalAll(Continue);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            Resume();
            await EndAsync(Interrupt);
        }

        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task EndAsync(int signal)
    {
        if (_process is not { } process) return;
        SendSignal(process.Id, signal);
        await process.WaitForExitAsync();
        _process = null;
        process.Dispose();
    }

    private void SignalAll(int signal)
    {
        var first = _process!.Id;
        SendSignal(first, signal);
        foreach (var child in ChildrenOf(first)) SendSignal(child, signal);
    }

    private static List<int> ChildrenOf(int parent) =>
        [.. File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=5");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static bool IsRoot => Environment.UserName == "root";

    private static string UnprivilegedUser => File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static string[] AsUnprivileged(params string[] command) => IsRoot ? ["setpriv", "--reuid", UnprivilegedUser, "--clear-groups", "--regid", Group(), .. command] : command;

    private static string Group() => UnprivilegedUser == "postgres" ? "postgres" : "nogroup";

    // The newest of Debian's, then whatever is on the path.
    private static string? FindBin()
    {
        const string Debian = "/usr/lib/postgresql";
        var candidates = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian).OrderByDescending(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var v) ? v : 0).Select(d => Path.Combine(d, "bin"))
            : [];
        return candidates.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "postgres")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        return Process.Start(start)!;
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {await output} {await errors}");
    }

    private static void SendSignal(int process, int signal) => _ = SysKill(process, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SysKill(int process, int signal);
}
