using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Scenarios;

/// <summary>What happened when, for the report.</summary>
/// <param name="Kind">fault, heal, observe, or fail.</param>
/// <param name="AtMs">Milliseconds since the iteration began.</param>
/// <param name="Text">What.</param>
public sealed record TimelineEntry(string Kind, double AtMs, string Text);

/// <summary>One iteration of a scenario: its seed, what it may use, and what it has shown so far.</summary>
/// <param name="tier">The tier.</param>
/// <param name="iteration">From 0.</param>
/// <param name="seed">The seed of everything in this iteration.</param>
/// <param name="settings">Where programs and files are.</param>
public sealed class ScenarioRun(string tier, int iteration, long seed, RunSettings settings)
{
    private readonly Lock _lock = new();
    private readonly List<TimelineEntry> _timeline = [];
    private readonly HashSet<string> _evaluated = [];
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();

    /// <summary>The tier.</summary>
    public string Tier { get; } = tier;

    /// <summary>From 0.</summary>
    public int Iteration { get; } = iteration;

    /// <summary>The seed of everything in this iteration.</summary>
    public long Seed { get; } = seed;

    /// <summary>Where programs and files are.</summary>
    public RunSettings Settings { get; } = settings;

    /// <summary>Seeded chance for the scenario's own choices.</summary>
    public Random Random { get; } = Seeds.Random(seed, "scenario");

    /// <summary>Faults that were injected and took effect.</summary>
    public int Faults { get; private set; }

    /// <summary>Assertions made.</summary>
    public int Assertions { get; private set; }

    /// <summary>Called when an iteration failed, with the folder to save logs in; set by the scenario's topology.</summary>
    public Action<string>? SaveLogs { get; set; }

    /// <summary>What happened so far.</summary>
    public IReadOnlyList<TimelineEntry> Timeline
    {
        get
        {
            lock (_lock) return [.. _timeline];
        }
    }

    /// <summary>A fault was injected and took effect.</summary>
    public void Fault(string what)
    {
        Faults++;
        Note("fault", what);
    }

    /// <summary>A fault was taken away.</summary>
    public void Healed(string what) => Note("heal", what);

    /// <summary>Something worth seeing on the timeline.</summary>
    public void Observe(string what) => Note("observe", what);

    /// <summary>Asserts.</summary>
    /// <exception cref="ScenarioFailedException">It does not hold.</exception>
    public void That(bool holds, string what)
    {
        Assertions++;
        if (holds) return;
        Note("fail", what);
        throw new ScenarioFailedException(what);
    }

    /// <summary>Asserts one of the scenario's promises: it is evaluated then, and named if it is broken.</summary>
    /// <param name="promise">In the catalogue's words: one of <see cref="Scenario.Promises"/>.</param>
    /// <param name="holds">Whether it holds here.</param>
    /// <param name="what">What was seen, if it does not.</param>
    /// <exception cref="ScenarioFailedException">It does not hold.</exception>
    public void That(string promise, bool holds, string what)
    {
        _evaluated.Add(promise);
        That(holds, $"{promise}: {what}");
    }

    /// <summary>Whether a promise was looked at in this iteration.</summary>
    public bool IsEvaluated(string promise) => _evaluated.Contains(promise);

    /// <summary>Asserts that a judge passes.</summary>
    /// <exception cref="ScenarioFailedException">It does not, or it had nothing to look at.</exception>
    public void That(Verdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        That(verdict.Passed, verdict.ToString());
    }

    private void Note(string kind, string text)
    {
        lock (_lock) _timeline.Add(new TimelineEntry(kind, TimeProvider.System.GetElapsedTime(_startedAt).TotalMilliseconds, text));
    }
}

/// <summary>Where a run's programs and files are.</summary>
/// <param name="RelayDll">zerok-relay.dll.</param>
/// <param name="AgentDll">The program with the verb <c>agent</c>.</param>
/// <param name="ScratchDirectory">For the iteration's files; removed after it.</param>
/// <param name="Transport">tcp or quic.</param>
public sealed record RunSettings(string RelayDll, string AgentDll, string ScratchDirectory, string Transport);
