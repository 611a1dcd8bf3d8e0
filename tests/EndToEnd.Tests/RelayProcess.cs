using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ZeroK.EndToEnd.Tests;

/// <summary>A real relay on loopback that can be killed and started again on its data.</summary>
internal sealed class RelayProcess(string dataDir, params string[] settings) : IAsyncDisposable
{
    private readonly int _port = FreePort();
    private readonly StringBuilder _log = new();
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    public int Port => _port;

    public string Address { get; private set; } = "";

    /// <summary>Where health and metrics are. Once started.</summary>
    public Uri Http { get; private set; } = new("about:blank");

    /// <summary>All that it has written over all its lives, but for the ready line, which is its address.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    public async Task StartAsync()
    {
        _process = Programs.Start(Programs.Relay,
            ["--listen", "127.0.0.1", "--port", $"{_port}", "--http-port", "0", "--data-dir", dataDir, "--log-level", "Trace", "--json", "true", .. settings]);
        var errors = KeepAsync(_process.StandardError);
        var ready = await _process.StandardOutput.ReadLineAsync();
        if (ready is null)
        {
            await errors;
            throw new InvalidOperationException("The relay ended before it was ready:\n" + Log);
        }

        var told = JsonDocument.Parse(ready).RootElement;
        Address = told.GetProperty("address").GetString()!;
        Http = new Uri(told.GetProperty("http").GetString()!);
        _reading = Task.WhenAll(errors, KeepAsync(_process.StandardOutput));
    }

    /// <summary>A counter that has reached <paramref name="least"/> and stands still: its value, summed over its labels.</summary>
    public async Task<double> CountedAsync(string counter, double least, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Http };
        for (var before = -1.0; ; await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken))
        {
            var lines = (await http.GetStringAsync(new Uri("metrics", UriKind.Relative), cancellationToken)).Split('\n');
            var now = lines.Where(l => l.StartsWith(counter, StringComparison.Ordinal) && l[counter.Length] is ' ' or '{').Sum(l => double.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture));
            if (now >= least && now == before) return now;
            before = now;
        }
    }

    /// <summary>kill -9: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
    }

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task KeepAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line) Keep(line);
    }

    private void Keep(string line)
    {
        lock (_log) _log.AppendLine(line);
    }
}
