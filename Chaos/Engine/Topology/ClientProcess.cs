using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ZeroK.Chaos.Agent;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Topology;

/// <summary>A device in a process of its own, with its own path to the relay through a proxy.</summary>
public sealed class ClientProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<AgentEvent>> _waiting = new();
    private readonly ConcurrentDictionary<long, long> _startedUs = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly StringBuilder _log = new();
    private readonly HistoryRecorder _history;
    private readonly Func<string, string> _labelOf;
    private readonly string _agentDll;
    private readonly AgentSettings _settings;
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private TaskCompletionSource<AgentEvent> _ready = NewSource();
    private long _lastId;

    internal ClientProcess(string label, ChaosProxy link, string agentDll, AgentSettings settings, HistoryRecorder history, Func<string, string> labelOf)
    {
        Label = label;
        Link = link;
        _agentDll = agentDll;
        _settings = settings;
        _history = history;
        _labelOf = labelOf;
    }

    /// <summary>Its name in the history.</summary>
    public string Label { get; }

    /// <summary>Its path to the relay.</summary>
    public ChaosProxy Link { get; }

    /// <summary>Its device id, hex.</summary>
    public string DeviceId { get; private set; } = "";

    /// <summary>The invite, if it made the group.</summary>
    public string? Invite { get; private set; }

    /// <summary>What it told, line by line.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Starts it, or starts it again on its directory.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _ready = NewSource();
        var start = new ProcessStartInfo("dotnet", Arguments()) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (_settings.Invite is not null) start.Environment["ZEROK_CHAOS_INVITE"] = _settings.Invite;
        _process = Process.Start(start) ?? throw new InvalidOperationException("The agent can't be started.");
        _reading = ReadAsync(_process);
        var ready = await _ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (ready.Kind != "ready") throw new InvalidOperationException($"{Label} did not start: {ready.Text}");
        DeviceId = ready.Device!;
        Invite ??= ready.Invite;
    }

    /// <summary>Pushes a blob; returns when it is in the client's durable outbox.</summary>
    public async Task PushAsync(byte[] payload, string? label, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        _startedUs[id] = _history.NowUs;
        _history.Attempted(Label, HistoryRecorder.Digest(label, payload), _startedUs[id]);
        var answer = await AskAsync(new AgentCommand("push", id, label, payload), cancellationToken).ConfigureAwait(false);
        if (answer.Kind != "pushed") throw new InvalidOperationException($"{Label}: {answer.Text}");
    }

    /// <summary>How it stands.</summary>
    public async Task<AgentStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new AgentCommand("status", Interlocked.Increment(ref _lastId)), cancellationToken).ConfigureAwait(false);
        var status = answer.Status!;
        _history.At(Label, status.Head, status.Received);
        _history.DurableThrough(Label, status.Durable);
        return status;
    }

    /// <summary>kill -9; what it had told is read to the end.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>Stops it in order.</summary>
    public async Task StopAsync()
    {
        try
        {
            await SendAsync(new AgentCommand("stop")).ConfigureAwait(false);
            await _process!.WaitForExitAsync().WaitAsync(StopPatience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            _process!.Kill();
        }

        await EndAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync().ConfigureAwait(false);
        _process?.Dispose();
        _writing.Dispose();
    }

    private List<string> Arguments()
    {
        List<string> arguments = [_agentDll, "agent", "--dir", _settings.Directory, "--via", _settings.ViaPort.ToString(CultureInfo.InvariantCulture), "--transport", _settings.Transport, "--seed", _settings.Seed.ToString(CultureInfo.InvariantCulture)];
        if (_settings.Relay is { } relay) arguments.AddRange(["--relay", relay]);
        return arguments;
    }

    private async Task<AgentEvent> AskAsync(AgentCommand command, CancellationToken cancellationToken)
    {
        var answer = _waiting[command.Id] = NewSource();
        await SendAsync(command).ConfigureAwait(false);
        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(AgentCommand command)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await _process!.StandardInput.WriteLineAsync(AgentJson.Write(command)).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task EndAsync()
    {
        await _process!.WaitForExitAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        foreach (var waiting in _waiting.Values) waiting.TrySetException(new IOException($"{Label} was stopped."));
        _waiting.Clear();
    }

    private async Task ReadAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_log) _log.AppendLine(line.Contains("\"invite\"", StringComparison.Ordinal) ? "(ready, with an invite)" : line);
            if (AgentJson.Read<AgentEvent>(line) is { } told) Record(told);
        }

        _ready.TrySetException(new IOException($"{Label} ended before it was ready."));
    }

    private void Record(AgentEvent told)
    {
        switch (told.Kind)
        {
            case "ready":
                _ready.TrySetResult(told);
                break;
            case "pushed":
                _history.Pushed(Label, told.Sequence, told.Digest!, _startedUs.GetValueOrDefault(told.Id));
                break;
            case "durable":
                _history.PushEnded(Label, told.Sequence, CallOutcome.Acknowledged, told.Cursor);
                break;
            case "refused":
                _history.PushEnded(Label, told.Sequence, CallOutcome.Refused, 0);
                break;
            case "got":
                _history.Delivered(Label, _labelOf(told.Device!), told.Sequence, told.Cursor, told.Digest!);
                break;
            case "acked":
                _history.Acked(Label, _labelOf(told.Device!), told.Sequence);
                break;
            case "event" when told.Text == nameof(Client.Expired):
                _history.Gap(Label, told.Sequence, told.Cursor, told.Text);
                break;
            case "failed" when told.Id == 0:
                _ready.TrySetResult(told);
                break;
        }

        if (told.Id != 0 && _waiting.TryRemove(told.Id, out var waiting)) waiting.TrySetResult(told);
    }

    private static TaskCompletionSource<AgentEvent> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
