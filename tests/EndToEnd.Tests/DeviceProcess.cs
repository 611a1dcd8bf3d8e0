using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZeroK.EndToEnd.Tests;

/// <summary>A device: `zerok session` as a process, driven by JSON lines, all its events recorded.</summary>
internal sealed class DeviceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private bool _isDisposed;
    private readonly Process _process;
    private readonly List<JsonElement> _events = [];
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DeviceProcess(string dataDir)
    {
        _process = Programs.Start(Programs.Cli, ["session", "--data-dir", dataDir]);
        _errors = _process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    public async Task TellAsync(JsonObject command)
    {
        await _process.StandardInput.WriteLineAsync(command.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The events of a kind so far.</summary>
    public List<JsonElement> Events(string kind)
    {
        lock (_events) return [.. _events.Where(e => e.GetProperty("event").GetString() == kind)];
    }

    /// <summary>Waits until there are so many events of a kind.</summary>
    public async Task<List<JsonElement>> WaitAsync(string kind, int count)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed;
            lock (_events) changed = _changed.Task;
            var events = Events(kind);
            if (events.Count >= count) return events;
            if (_reading.IsCompleted) throw new InvalidOperationException($"zerok session ended: {await _errors}");
            try
            {
                await changed.WaitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{events.Count} of {count} '{kind}' events came within {Patience.TotalSeconds} s. Last event: {LastEvent()}");
            }
        }
    }

    /// <summary>Asks for the status and waits for it.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        var before = Events("status").Count;
        await TellAsync(new JsonObject { ["cmd"] = "status" });
        return (await WaitAsync("status", before + 1))[before];
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private string LastEvent()
    {
        lock (_events) return _events.Count == 0 ? "none" : _events[^1].GetRawText();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var next = JsonDocument.Parse(line).RootElement;
            lock (_events)
            {
                _events.Add(next);
                _changed.SetResult();
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        lock (_events) _changed.TrySetResult();
    }
}
