using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZeroK.Client;

namespace ZeroK.Cli.Relays;

/// <summary>A relay that this program started for itself, on free loopback ports. Disposing ends it in order.</summary>
internal sealed partial class RelayProcess : IAsyncDisposable
{
    private const int SignalTerminate = 15;
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly ConcurrentQueue<string> _lastErrors = new();
    private readonly Task _errors;
    private readonly SemaphoreSlim _logLock = new(1, 1);
    private Task _output = Task.CompletedTask;
    private bool _isDisposed;

    private RelayProcess(Process process, StreamWriter log)
    {
        _process = process;
        _log = log;
        _errors = CopyAsync(process.StandardError);
    }

    /// <summary>Where it is and who it is.</summary>
    public RelayAddress Address { get; private set; } = null!;

    /// <summary>Its process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="environment">For ZEROK_RELAY.</param>
    /// <param name="dataDir">Its data.</param>
    /// <param name="logFile">Everything that it writes to standard output and error is kept here.</param>
    /// <param name="port">Its port for TCP and QUIC; 0 lets the system choose.</param>
    /// <param name="readyWithin">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CliException">It could not be started.</exception>
    public static async Task<RelayProcess> StartAsync(Func<string, string?> environment, string dataDir, string logFile, int port, TimeSpan readyWithin, CancellationToken cancellationToken)
    {
        var start = RelayProgram.Find(environment);
        foreach (var argument in new[] { "--listen", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--http-port", "0", "--data-dir", dataDir, "--json" }) start.ArgumentList.Add(argument);
        start.RedirectStandardOutput = start.RedirectStandardError = start.RedirectStandardInput = true;
        start.UseShellExecute = false;
        var log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var process = Process.Start(start) ?? throw new CliException(ExitCode.Error, $"{start.FileName} could not be started.");
        var relay = new RelayProcess(process, log);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(readyWithin);
            relay.Address = await relay.ReadyAsync(readyWithin, timeout.Token, cancellationToken);
            relay._output = relay.CopyAsync(process.StandardOutput);
            return relay;
        }
        catch
        {
            await relay.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it as its operator would, and waits for that.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        AskToEnd(_process);
        using var timeout = new CancellationTokenSource(EndWithin);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _errors;
        await _output;
        await _log.FlushAsync(CancellationToken.None);
        return _process.ExitCode;
    }

    /// <summary>Asks a process to end in order: SIGTERM; Windows has no such thing for a program without a window, so it is killed there.</summary>
    public static void AskToEnd(Process process)
    {
        if (process.HasExited) return;
        if (OperatingSystem.IsWindows()) process.Kill(entireProcessTree: true);
        else _ = Kill(process.Id, SignalTerminate);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await StopAsync();
        _process.Dispose();
        await _log.DisposeAsync();
        _logLock.Dispose();
    }

    private async Task<RelayAddress> ReadyAsync(TimeSpan readyWithin, CancellationToken timeout, CancellationToken cancellationToken)
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(timeout) is { } line)
            {
                await LogAsync(line);
                if (AddressIn(line) is { } text) return RelayAddress.Parse(text);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(string.Create(CultureInfo.InvariantCulture, $"The relay was not ready within {readyWithin.TotalSeconds:0} s."));
        }

        await _process.WaitForExitAsync(cancellationToken);
        await _errors;
        throw Failed($"The relay ended with code {_process.ExitCode} before it was ready.");
    }

    private CliException Failed(string message) => new(ExitCode.Error, message, _lastErrors.IsEmpty ? null : "It said: " + string.Join(" | ", _lastErrors));

    /// <summary>The address in a line of the relay's output; null if it has none.</summary>
    internal static string? AddressIn(string line)
    {
        if (!line.StartsWith('{')) return null;
        try
        {
            return (JsonNode.Parse(line) as JsonObject)?["address"]?.GetValue<string>();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private async Task CopyAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (ReferenceEquals(reader, _process.StandardError))
            {
                _lastErrors.Enqueue(line);
                while (_lastErrors.Count > 5) _lastErrors.TryDequeue(out _);
            }

            await LogAsync(line);
        }
    }

    private async Task LogAsync(string line)
    {
        await _logLock.WaitAsync();
        try
        {
            await _log.WriteLineAsync(line);
        }
        finally
        {
            _logLock.Release();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
