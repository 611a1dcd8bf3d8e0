using System.Collections.Concurrent;
using ZeroK.Cli.Terminal;
using ZeroK.Cli.Verbs;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Sync;

/// <summary>A session with its events reported, and a watch over it: what waits for the relay ends when the relay refuses or stays away too long.</summary>
internal sealed class SyncRun : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly VerbContext _context;
    private readonly CancellationTokenSource _eventsEnd = new();
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly bool _tellConnections;
    private Task _events = Task.CompletedTask;
    private PushRefused? _refused;

    private readonly bool _alwaysJson;

    private SyncRun(VerbContext context, ISyncSession session, TimeSpan? timeout, bool tellConnections, bool alwaysJson)
    {
        _alwaysJson = alwaysJson;
        _context = context;
        Session = session;
        Timeout = timeout;
        _tellConnections = tellConnections;
    }

    /// <summary>The session.</summary>
    public ISyncSession Session { get; }

    /// <summary>How long to go on without a connection; null: for ever.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>What a person calls a device. Default: the first digits of its id.</summary>
    public Func<DeviceId, string> NameOf { get; set; } = Display.Short;

    /// <summary>Whether something is wrong with the data.</summary>
    public bool HasProblems => !_problems.IsEmpty;

    /// <summary>Opens the device's session.</summary>
    /// <param name="context">The running verb.</param>
    /// <param name="timeout">How long to go on without a connection; null: for ever.</param>
    /// <param name="tellConnections">Tell a person of connections too, not of problems alone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="alwaysJson">Write events as JSON, whether or not <c>--json</c> was given.</param>
    /// <param name="alone">Don't work through another process that holds the device.</param>
    /// <param name="resumePuts">Go on by itself with contents that wait to be sent.</param>
    public static async Task<SyncRun> StartAsync(VerbContext context, TimeSpan? timeout, bool tellConnections, CancellationToken cancellationToken, bool alwaysJson = false, bool alone = false, bool resumePuts = true)
    {
        var session = await context.Host.Sessions.OpenAsync(context.DataDir, context.SyncOptions with { ResumePuts = resumePuts }, alone, cancellationToken);
        var run = new SyncRun(context, session, timeout, tellConnections || context.Output.Verbose, alwaysJson);
        run._events = run.ReportEventsAsync(run._eventsEnd.Token);
        return run;
    }

    /// <summary>Waits until there is a connection, or a first try failed, or for so long.</summary>
    public async Task ConnectedAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var time = _context.Host.Time;
        var start = time.GetTimestamp();
        while (!Session.Status.IsOnline && Session.Status.LastError is null && time.GetElapsedTime(start) < atMost) await Task.Delay(LookEvery, time, cancellationToken);
    }

    /// <summary>Runs what needs the relay.</summary>
    /// <param name="work">The work; its token ends it.</param>
    /// <param name="progress">A number that changes while the relay does something for this work; null: being connected is enough.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CliException">The relay refused, or couldn't be reached in time.</exception>
    public async Task<T> UnderWatchAsync<T>(Func<CancellationToken, Task<T>> work, Func<long>? progress, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = work(end.Token);
        var time = _context.Host.Time;
        var (goodAt, last, wasConnected) = (time.GetTimestamp(), progress?.Invoke() ?? 0, false);
        while (true)
        {
            using (var tick = CancellationTokenSource.CreateLinkedTokenSource(end.Token))
            {
                await Task.WhenAny(working, Task.Delay(LookEvery, time, tick.Token));
                await tick.CancelAsync();
            }

            if (working.IsCompleted || cancellationToken.IsCancellationRequested) return await working;
            var status = Session.Status;
            var connected = status.IsOnline;
            var now = progress?.Invoke() ?? 0;
            if (_context.Output.WaitsForReader || (connected && (progress is null || now != last || !wasConnected))) goodAt = time.GetTimestamp();
            (last, wasConnected) = (now, connected);

            var problem = _context.Output.ReaderIsGone ? new OutputClosedException()
                : _events.IsFaulted ? _events.Exception.GetBaseException()
                : status.State == SyncState.Refused ? (Exception)Refusal(status)
                : Timeout is { } limit && time.GetElapsedTime(goodAt) >= limit ? NoAnswer(status, limit, connected)
                : null;
            if (problem is null) continue;
            await end.CancelAsync();
            await working.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw problem;
        }
    }

    /// <summary>As <see cref="UnderWatchAsync{T}"/>, without a result.</summary>
    public Task UnderWatchAsync(Func<CancellationToken, Task> work, Func<long>? progress, CancellationToken cancellationToken) =>
        UnderWatchAsync(async t => { await work(t); return true; }, progress, cancellationToken);

    /// <summary>Ok, or <see cref="ExitCode.DataProblem"/> if something is wrong with the data.</summary>
    public ExitCode CodeSoFar => HasProblems ? ExitCode.DataProblem : ExitCode.Ok;

    public async ValueTask DisposeAsync()
    {
        await _eventsEnd.CancelAsync();
        try
        {
            await _events;
        }
        finally
        {
            await Session.DisposeAsync();
            _eventsEnd.Dispose();
        }
    }

    private async Task ReportEventsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in Session.EventsAsync(cancellationToken)) Report(happened);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The command is over.
        }
    }

    private void Report(SyncEvent happened)
    {
        if (happened is PushRefused refused) _refused = refused;
        var told = SyncEventText.Describe(happened, NameOf);
        if (told.IsProblem) _problems.Enqueue(told.Json["event"]!.GetValue<string>());
        if (_context.Output.Json || _alwaysJson) _context.Output.JsonLine(told.Json);
        else if (told.IsProblem || _tellConnections) _context.Output.Note(told.Text);
    }

    private static CliException Refusal(SyncStatus status)
    {
        var code = status.LastErrorCode == ErrorCode.None ? "" : $" ({ErrorName.Of(status.LastErrorCode)})";
        return new CliException(ExitCode.Refused, $"The relay refused{code}: {status.LastError ?? "it gave no reason"}");
    }

    private CliException NoAnswer(SyncStatus status, TimeSpan limit, bool connected)
    {
        var pending = status.PendingBlobs > 0 ? $" {Display.Count(status.PendingBlobs, "blob stays queued and is", "blobs stay queued and are")} sent by the next command that connects." : "";
        if (Session.Contents.Transfers.Count(t => t.IsPut) is > 0 and var contents) pending += $" {Display.Count(contents, "content stays queued and is", "contents stay queued and are")} sent by the next command that connects.";
        if (connected && _refused is { } refused)
            return new CliException(ExitCode.Refused, $"The relay doesn't take what was pushed ({ErrorName.Of(refused.Code)}): {refused.WhatToDo}{pending}");
        var why = status.LastError is { } error ? $" Last: {error}" : "";
        var where = status.Relay is { } relay ? $" at {relay.Host}:{relay.Port}" : "";
        return new CliException(
            ExitCode.Unreachable,
            $"The relay{where} {(connected ? "did nothing for this command" : "could not be reached")} for {limit.TotalSeconds:0.###} s.{why}{pending}",
            "Is the relay running (`zerok relay`) and the address right (`zerok status`)? --timeout waits longer.");
    }
}
