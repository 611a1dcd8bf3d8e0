using Microsoft.Extensions.Logging;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>Notices when this machine's clock is set, by comparing it with the time that has passed, so that nothing gets old by that. Kept in the store, for the next start.</summary>
/// <remarks>The time that the relay was away does not count as passed: nobody could fetch anything then, and it can't be told from a clock that was set meanwhile.</remarks>
public sealed partial class RelayClock
{
    private const string NoteKey = "clock";
    private static readonly TimeSpan StepMin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AwayMin = TimeSpan.FromMinutes(1);

    // How old a note may be that a relay leaves: sweeps are a day apart at most.
    private static readonly TimeSpan NoteAgeMax = TimeSpan.FromDays(1);

    private readonly IGroupStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<RelayClock> _logger;
    private readonly Lock _gate = new();
    private ClockSteps _steps = ClockSteps.None;
    private readonly ulong _startMs;
    private DateTimeOffset _wall;
    private long _timestamp;
    private Task? _loading;

    /// <summary>The clock; it is watched from now on.</summary>
    public RelayClock(IGroupStore store, TimeProvider time, ILogger<RelayClock> logger)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_store, _time, _logger) = (store, time, logger);
        (_wall, _timestamp) = (time.GetUtcNow(), time.GetTimestamp());
        _startMs = Ms(_wall);
    }

    /// <summary>The steps until now, and now by the clock, Unix milliseconds.</summary>
    /// <exception cref="StoreException">What was noticed before this start can't be read: nothing may be called old.</exception>
    public async ValueTask<(ClockSteps Steps, ulong NowMs)> LookAsync(CancellationToken cancellationToken)
    {
        await LoadedAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            Notice();
            return (_steps, Ms(_wall));
        }
    }

    /// <summary>Writes down what was noticed, and that the relay still runs.</summary>
    /// <exception cref="StoreException">The store doesn't answer.</exception>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var (steps, nowMs) = await LookAsync(cancellationToken);
        if (_store.IsShared && await ReadAsync(cancellationToken) is { } others)
        {
            // What another relay's clock did may have stamped entries that are judged here: forwards only, which keeps them longer.
            lock (_gate) _steps = steps = new ClockSteps([.. steps.Steps.Union(others.Steps.Steps.Where(s => s.ByMs > 0)).OrderBy(s => s.ToMs).TakeLast(ClockSteps.StepsMax)]);
        }

        await _store.WriteNoteAsync(NoteKey, steps.ToNote(nowMs), cancellationToken);
    }

    // Once; again after a failure.
    private Task LoadedAsync()
    {
        lock (_gate)
        {
            if (_loading is null or { IsFaulted: true }) _loading = LoadAsync();
            return _loading;
        }
    }

    private async Task LoadAsync()
    {
        var kept = await ReadAsync(CancellationToken.None);
        lock (_gate)
        {
            Notice();
            if (kept is { } note) _steps = SinceLastRun(note.Steps, note.WrittenMs);
        }
    }

    private async Task<(ClockSteps Steps, ulong WrittenMs)?> ReadAsync(CancellationToken cancellationToken) =>
        await _store.ReadNoteAsync(NoteKey, cancellationToken) is { } note ? ClockSteps.FromNote(note) : null;

    // Steps that were noticed since the start are on top of those from before.
    private ClockSteps SinceLastRun(ClockSteps before, ulong writtenMs)
    {
        var startMs = _startMs;
        var steps = before;
        if (startMs > writtenMs + (ulong)AwayMin.TotalMilliseconds) steps = steps.With(writtenMs, startMs, startMs - 1);
        else if (!_store.IsShared && startMs + (ulong)StepMin.TotalMilliseconds < writtenMs) steps = steps.With(writtenMs, startMs, writtenMs + (ulong)NoteAgeMax.TotalMilliseconds);
        return new ClockSteps([.. steps.Steps.Concat(_steps.Steps).TakeLast(ClockSteps.StepsMax)]);
    }

    private void Notice()
    {
        var expected = _wall + _time.GetElapsedTime(_timestamp);
        var now = _time.GetUtcNow();
        (_wall, _timestamp) = (now, _time.GetTimestamp());
        var step = now - expected;
        if (step.Duration() < StepMin) return;
        LogStep(step);
        if (step > TimeSpan.Zero || !_store.IsShared) _steps = _steps.With(Ms(expected), Ms(now));
    }

    private static ulong Ms(DateTimeOffset time) => UnixMs.Of(time);

    [LoggerMessage(1, LogLevel.Warning, "This machine's clock was set by {Step} (or the machine slept). What is kept ages by the time that has passed.")]
    private partial void LogStep(TimeSpan step);
}
