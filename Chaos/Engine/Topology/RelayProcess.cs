using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ZeroK.Chaos.Judges;

namespace ZeroK.Chaos.Topology;

/// <summary>A real relay process on loopback: started, killed with -9, paused, started again on its data and its ports.</summary>
public sealed class RelayProcess(string dll, string directory, IReadOnlyList<string> settings) : ITestRelay
{
    private readonly StringBuilder _log = new();
    private IReadOnlyList<string> _more = [];
    private Process? _process;
    private int _port;
    private Uri? _http;

    /// <summary>The relay's program; another one is what the next start runs, on the same data and port.</summary>
    public string Program { get; set; } = dll;

    /// <summary>Its address as it announced it.</summary>
    public Uri Address { get; private set; } = new("about:blank");

    /// <inheritdoc/>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Address.Port}");

    /// <summary>The transports it listens on, as it announced them: "Tcp", "Quic".</summary>
    public IReadOnlyList<string> Transports { get; private set; } = [];

    /// <summary>Whether the process lives.</summary>
    public bool Running => _process is { HasExited: false };

    /// <inheritdoc/>
    public void Configure(IReadOnlyList<string> settings) => _more = settings;

    /// <summary>Starts it; returns when it is ready. A second start takes the port of the first.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        string[] arguments = [Program, "--listen", "127.0.0.1", "--port", _port.ToString(CultureInfo.InvariantCulture), "--http-port", "0", "--data-dir", Path.Combine(directory, "relay"), "--json", .. settings, .. _more];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = _process = Process.Start(start) ?? throw new InvalidOperationException("The relay can't be started.");
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        var ready = await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        if (ready is null) throw new InvalidOperationException("The relay ended before it was ready: " + Log);
        Keep(ready);
        _ = KeepAllAsync(process.StandardOutput);
        using var json = JsonDocument.Parse(ready);
        Address = new Uri(json.RootElement.GetProperty("address").GetString()!);
        _http = new Uri(json.RootElement.GetProperty("http").GetString()!);
        Transports = [.. json.RootElement.GetProperty("transports").EnumerateArray().Select(t => t.GetString()!)];
        _port = Address.Port;
    }

    /// <summary>kill -9; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!Running) return;
        Signals.Send(_process!.Id, Signals.Terminate);
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>SIGTERM: it ends in order. Returns its exit code once it has.</summary>
    public async Task<int> TerminateAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken).ConfigureAwait(false);
        return _process!.ExitCode;
    }

    /// <summary>Waits until it has ended by itself; returns its exit code. Once started; its log is whole then.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process!.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>The process's id. Once started.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The relay was not started.");

    /// <summary>Where health and metrics are. Once started.</summary>
    public Uri Http => _http ?? throw new InvalidOperationException("The relay was not started.");

    /// <inheritdoc/>
    public Task PauseAsync()
    {
        Signals.Send(_process!.Id, Signals.Stop);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ResumeAsync()
    {
        Signals.Send(_process!.Id, Signals.Continue);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> HealthyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = _http, Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>What it wrote so far.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Its log and its files: what it kept.</summary>
    public IReadOnlyList<ByteSource> WhatItKept() =>
    [
        new ByteSource("relay.log", Encoding.UTF8.GetBytes(Log)),
        .. FileSource.ReadAll(Path.Combine(directory, "relay")),
    ];

    /// <summary>A metric's value, summed over its labels that contain <paramref name="label"/>; 0 if there is none.</summary>
    public async Task<double> MetricAsync(string name, string label, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = _http };
        return PrometheusText.Sum(await http.GetStringAsync(new Uri("metrics", UriKind.Relative), cancellationToken).ConfigureAwait(false), name, label);
    }

    /// <summary>What the process uses now.</summary>
    public async Task<ResourceUse> UseAsync(CancellationToken cancellationToken)
    {
        _process!.Refresh();
        return new ResourceUse(
            _process.WorkingSet64,
            Descriptors(_process.Id),
            _process.Threads.Count,
            (int)await MetricAsync("zerok_sessions", "", cancellationToken).ConfigureAwait(false),
            (int)await MetricAsync("zerok_connections", "", cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) await KillAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    /// <summary>A process's open file descriptors, without code; -1 where they may not be seen.</summary>
    internal static int Descriptors(int process)
    {
        try
        {
            return Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")).Count(IsNotCode);
        }
        catch (UnauthorizedAccessException)
        {
            return -1;
        }
    }

    // An assembly is opened when it is first used and stays open: 14 more after the first reconnects are no leak.
    private static bool IsNotCode(string descriptor) => Path.GetExtension(new FileInfo(descriptor).LinkTarget ?? "") is not (".dll" or ".so");

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_log) _log.AppendLine(line);
    }

    private async Task KeepAllAsync(StreamReader output)
    {
        while (await output.ReadLineAsync().ConfigureAwait(false) is { } line) Keep(line);
    }
}
