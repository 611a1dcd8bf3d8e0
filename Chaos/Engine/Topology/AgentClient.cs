using System.Collections.Concurrent;
using System.Text;
using ZeroK.Chaos.Agent;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Topology;

/// <summary>A device behind its agent's line protocol, wherever the agent runs: what it tells goes into the history.</summary>
public sealed class AgentClient : ITestClient
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<AgentEvent>> _waiting = new();
    private readonly ConcurrentDictionary<long, long> _startedUs = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly StringBuilder _log = new();
    private readonly HistoryRecorder _history;
    private readonly Func<string, string> _labelOf;
    private readonly IAgentHost _host;
    private readonly AgentSettings _settings;
    private AgentPipe? _pipe;
    private Task _reading = Task.CompletedTask;
    private TaskCompletionSource<AgentEvent> _ready = NewSource();
    private long _lastId;

    /// <summary>A client that is not started yet.</summary>
    /// <param name="label">Its name in the history.</param>
    /// <param name="links">Its paths, one a relay; disposed with it.</param>
    /// <param name="host">Where it runs; disposed with it.</param>
    /// <param name="settings">What its agent is started with.</param>
    /// <param name="history">Where it is recorded.</param>
    /// <param name="labelOf">From a device id to a label.</param>
    public AgentClient(string label, IReadOnlyList<ChaosProxy> links, IAgentHost host, AgentSettings settings, HistoryRecorder history, Func<string, string> labelOf)
    {
        Label = label;
        Links = links;
        _host = host;
        _settings = settings;
        _history = history;
        _labelOf = labelOf;
    }

    /// <inheritdoc/>
    public string Label { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ChaosProxy> Links { get; }

    /// <inheritdoc/>
    public bool Running => _host.Running;

    /// <inheritdoc/>
    public string DeviceId { get; private set; } = "";

    /// <inheritdoc/>
    public string GroupId { get; private set; } = "";

    /// <inheritdoc/>
    public string? Invite { get; private set; }

    /// <inheritdoc/>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _ready = NewSource();
        _pipe = await _host.StartAsync(_settings, cancellationToken).ConfigureAwait(false);
        _reading = ReadAsync(_pipe.Output);
        var ready = await _ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (ready.Kind != "ready") throw new InvalidOperationException($"{Label} did not start: {ready.Text}");
        DeviceId = ready.Device!;
        GroupId = ready.Group!;
        Invite ??= ready.Invite;
    }

    /// <inheritdoc/>
    public async Task PushAsync(byte[] payload, string? label, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        _startedUs[id] = _history.NowUs;
        _history.Attempted(Label, HistoryRecorder.Digest(label, payload), _startedUs[id]);
        var answer = await AskAsync(new AgentCommand("push", id, label, payload), cancellationToken).ConfigureAwait(false);
        if (answer.Kind != "pushed") throw new InvalidOperationException($"{Label}: {answer.Text}");
    }

    /// <inheritdoc/>
    public async Task PushManyAsync(int count, int bytesMax, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new AgentCommand("pushmany", Interlocked.Increment(ref _lastId)) { Count = count, Bytes = bytesMax }, cancellationToken).ConfigureAwait(false);
        if (answer.Kind != "pushedmany") throw new InvalidOperationException($"{Label}: {answer.Text}");
    }

    /// <inheritdoc/>
    public async Task<PeekedPage> PeekAsync(ulong after, int limit, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new AgentCommand("peek", Interlocked.Increment(ref _lastId)) { After = after, Count = limit }, cancellationToken).ConfigureAwait(false);
        if (answer.Kind != "peeked") throw new InvalidOperationException($"{Label}: {answer.Text}");
        return new PeekedPage([.. (answer.Blobs ?? []).Select(b => b with { Device = _labelOf(b.Device) })], answer.Start, answer.Cursor, answer.Head);
    }

    /// <inheritdoc/>
    public async Task<ulong> SetBackAsync(ITestClient sender, int blobs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sender);
        var answer = await AskAsync(new AgentCommand("setback", Interlocked.Increment(ref _lastId)) { Device = sender.DeviceId, Count = blobs }, cancellationToken).ConfigureAwait(false);
        if (answer.Kind != "setback") throw new InvalidOperationException($"{Label}: {answer.Text}");
        _history.TakenBack(Label, sender.Label, answer.Sequence);
        return answer.Sequence;
    }

    /// <inheritdoc/>
    public async Task ReadAgainAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new AgentCommand("readagain", Interlocked.Increment(ref _lastId)), cancellationToken).ConfigureAwait(false);
        if (answer.Kind != "readagain") throw new InvalidOperationException($"{Label}: {answer.Text}");
    }

    /// <inheritdoc/>
    public async Task DisconnectAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new AgentCommand("disconnect", Interlocked.Increment(ref _lastId)), cancellationToken).ConfigureAwait(false);
        if (answer.Kind != "disconnected") throw new InvalidOperationException($"{Label}: {answer.Text}");
    }

    /// <inheritdoc/>
    public Task ConnectAsync(CancellationToken cancellationToken) => AskAsync(new AgentCommand("connect", Interlocked.Increment(ref _lastId)), cancellationToken);

    /// <inheritdoc/>
    public async Task<AgentStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new AgentCommand("status", Interlocked.Increment(ref _lastId)), cancellationToken).ConfigureAwait(false);
        var status = answer.Status!;
        _history.At(Label, status.Head, status.Received);
        _history.DurableThrough(Label, status.Durable);
        return status;
    }

    /// <inheritdoc/>
    public async Task KillAsync()
    {
        await _host.KillAsync().ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        try
        {
            await SendAsync(new AgentCommand("stop")).ConfigureAwait(false);
            await _host.WaitForExitAsync().WaitAsync(StopPatience, TimeProvider.System).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            await _host.KillAsync().ConfigureAwait(false);
        }

        await EndAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task PauseAsync() => _host.PauseAsync();

    /// <inheritdoc/>
    public Task ResumeAsync() => _host.ResumeAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_host.Running) await KillAsync().ConfigureAwait(false);
        await _host.DisposeAsync().ConfigureAwait(false);
        foreach (var link in Links) await link.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
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
            await _pipe!.Input.WriteLineAsync(AgentJson.Write(command)).ConfigureAwait(false);
            await _pipe.Input.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task EndAsync()
    {
        await _host.WaitForExitAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        foreach (var waiting in _waiting.Values) waiting.TrySetException(new IOException($"{Label} was stopped."));
        _waiting.Clear();
    }

    private async Task ReadAsync(TextReader output)
    {
        while (await output.ReadLineAsync().ConfigureAwait(false) is { } line)
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
                _history.Pushed(Label, told.Sequence, told.Digest!, _startedUs.TryGetValue(told.Id, out var startUs) ? startUs : _history.NowUs);
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
            case "event" when told.Text is nameof(Client.Missed) or nameof(Client.Omission):
                _history.Missing(Label, _labelOf(told.Device!), told.Sequence, told.Cursor, told.Text);
                break;
            case "failed" when told.Id == 0:
                _ready.TrySetResult(told);
                break;
        }

        if (told.Id != 0 && _waiting.TryRemove(told.Id, out var waiting)) waiting.TrySetResult(told);
    }

    private static TaskCompletionSource<AgentEvent> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
