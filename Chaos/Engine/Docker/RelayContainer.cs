using System.Globalization;
using System.Text;
using System.Text.Json;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Docker;

/// <summary>A relay in a container: its data in its volume, its address fixed.</summary>
/// <param name="spec">The container.</param>
/// <param name="scratch">Where its files are copied to, to be looked into.</param>
internal sealed class RelayContainer(ContainerSpec spec, string scratch) : ITestRelay
{
    /// <summary>The ports in the container: the image's defaults.</summary>
    public const int Port = 4840;
    public const int HttpPort = 4841;

    /// <summary>The volume of the image.</summary>
    public const string DataDirectory = "/var/lib/zerok-relay";

    private static readonly TimeSpan HealthPatience = TimeSpan.FromSeconds(3);

    private readonly Container _container = new(spec);
    private readonly StringBuilder _log = new();
    private Task _reading = Task.CompletedTask;

    /// <inheritdoc/>
    public Uri Address { get; private set; } = new("about:blank");

    /// <inheritdoc/>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"{_container.Address}:{Port}");

    /// <inheritdoc/>
    public IReadOnlyList<string> Transports { get; private set; } = [];

    /// <inheritdoc/>
    public bool Running => _container.Running;

    /// <inheritdoc/>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    private Uri Http => new(string.Create(CultureInfo.InvariantCulture, $"http://{_container.Address}:{HttpPort}"));

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var process = await _container.StartAsync(cancellationToken).ConfigureAwait(false);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        var ready = await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        if (ready is null)
        {
            await _container.WaitForExitAsync().ConfigureAwait(false);
            throw new InvalidOperationException("The relay's container ended before it was ready: " + Log);
        }

        Keep(ready);
        _reading = KeepAllAsync(process.StandardOutput);
        using var json = JsonDocument.Parse(ready);
        Address = new Uri(json.RootElement.GetProperty("address").GetString()!);
        Transports = [.. json.RootElement.GetProperty("transports").EnumerateArray().Select(t => t.GetString()!)];
    }

    /// <inheritdoc/>
    public async Task KillAsync()
    {
        await _container.KillAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _container.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public Task PauseAsync() => _container.PauseAsync();

    /// <inheritdoc/>
    public Task ResumeAsync() => _container.ResumeAsync();

    /// <inheritdoc/>
    public async Task<bool> HealthyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Http, Timeout = HealthPatience };
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

    /// <summary>What the image's own health check said last: starting, healthy, unhealthy.</summary>
    public Task<string> CheckedHealthAsync(CancellationToken cancellationToken) => _container.HealthAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<double> MetricAsync(string name, string label, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Http };
        return PrometheusText.Sum(await http.GetStringAsync(new Uri("metrics", UriKind.Relative), cancellationToken).ConfigureAwait(false), name, label);
    }

    /// <inheritdoc/>
    public async Task<ResourceUse> UseAsync(CancellationToken cancellationToken)
    {
        var sessions = (int)await MetricAsync("zerok_sessions", "", cancellationToken).ConfigureAwait(false);
        var connections = (int)await MetricAsync("zerok_connections", "", cancellationToken).ConfigureAwait(false);
        using var process = await _container.FindProcessAsync(cancellationToken).ConfigureAwait(false);
        if (process is null) return new ResourceUse(-1, -1, -1, sessions, connections);
        return new ResourceUse(process.WorkingSet64, RelayProcess.Descriptors(process.Id), process.Threads.Count, sessions, connections);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ByteSource> WhatItKept()
    {
        var files = Path.Combine(scratch, spec.Name);
        _container.CopyOutAsync(DataDirectory, files, CancellationToken.None).GetAwaiter().GetResult();
        return [new ByteSource("relay.log", Encoding.UTF8.GetBytes(Log)), .. FileSource.ReadAll(files)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _container.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

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
