using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ZeroK.Chaos.Simulation;

/// <summary>Many histories, one a seed, on all processors.</summary>
public static class SimulationRun
{
    private const int ShownMax = 10;

    /// <summary>Runs seeds until they are through or the time is over.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="limit">No further history begins after this time.</param>
    /// <param name="output">Where the report goes.</param>
    /// <returns>How many histories broke a promise.</returns>
    public static int Many(long first, long count, TimeSpan limit, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var failed = new ConcurrentQueue<SimulationOutcome>();
        var (total, watch) = (new Total(), Stopwatch.StartNew());
        Parallel.For(0, Environment.ProcessorCount, worker =>
        {
            for (var i = (long)worker; i < count && watch.Elapsed < limit; i += Environment.ProcessorCount)
            {
                var outcome = Outcome(first + i);
                total.Add(outcome);
                if (!outcome.Passed) failed.Enqueue(outcome);
            }
        });
        foreach (var outcome in failed.OrderBy(f => f.Seed).Take(ShownMax)) output.WriteLine(Text(outcome));
        foreach (var outcome in failed.OrderBy(f => f.Seed).Skip(ShownMax)) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {outcome.Seed}: {outcome.Findings[0]}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{total.Histories} histories from seed {first} in {watch.Elapsed.TotalSeconds:F1} s ({total.Histories / watch.Elapsed.TotalSeconds:F0}/s): {total.Steps} steps, {total.Faults} faults, {total.Pushes} pushes; {failed.Count} broke a promise"));
        return failed.Count;
    }

    /// <summary>Runs one seed and writes every step of it.</summary>
    /// <returns>Whether it kept every promise.</returns>
    public static bool One(long seed, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var outcome = Outcome(seed, output);
        output.WriteLine(outcome.Passed ? string.Create(CultureInfo.InvariantCulture, $"seed {seed} keeps every promise; fingerprint {outcome.Fingerprint:x16}") : Text(outcome));
        return outcome.Passed;
    }

    // Whatever a history dies of, it is named by its seed.
    private static SimulationOutcome Outcome(long seed, TextWriter? trace = null)
    {
        try
        {
            return Simulator.Run(seed, trace: trace);
        }
        catch (Exception e)
        {
            return new SimulationOutcome(seed, ["the simulation died: " + e], 0, 0, 0, 0);
        }
    }

    /// <summary>Plants each bug and looks for it.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="limit">A bug must be found in this time.</param>
    /// <param name="output">Where the report goes.</param>
    /// <returns>How many were not found.</returns>
    public static int Planted(long first, TimeSpan limit, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var missed = 0;
        foreach (var (name, create) in PlantedBugs.All)
        {
            var watch = Stopwatch.StartNew();
            var found = Find(create, first, limit);
            if (found is null) missed++;
            output.WriteLine(found is null
                ? string.Create(CultureInfo.InvariantCulture, $"NOT FOUND in {limit.TotalSeconds:F0} s: {name}")
                : string.Create(CultureInfo.InvariantCulture, $"found in {watch.Elapsed.TotalSeconds:F2} s by seed {found.Seed}: {name}\n    {found.Findings[0]}"));
        }

        return missed;
    }

    /// <summary>The first seed that finds a planted bug; null if none does in time.</summary>
    internal static SimulationOutcome? Find(Func<PlantedBug> create, long first, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        for (var seed = first; watch.Elapsed < limit; seed++)
        {
            var outcome = Simulator.Run(seed, create());
            if (!outcome.Passed) return outcome;
        }

        return null;
    }

    private static string Text(SimulationOutcome outcome) =>
        string.Create(CultureInfo.InvariantCulture, $"seed {outcome.Seed} breaks a promise:\n") + string.Join('\n', outcome.Findings.Take(5).Select(f => "    " + f)) + "\n    replay: " + Simulator.Replay(outcome.Seed);

    private sealed class Total
    {
        private long _histories, _steps, _faults, _pushes;

        public long Histories => _histories;

        public long Steps => _steps;

        public long Faults => _faults;

        public long Pushes => _pushes;

        public void Add(SimulationOutcome outcome)
        {
            Interlocked.Increment(ref _histories);
            Interlocked.Add(ref _steps, outcome.Steps);
            Interlocked.Add(ref _faults, outcome.Faults);
            Interlocked.Add(ref _pushes, outcome.Pushes);
        }
    }
}
