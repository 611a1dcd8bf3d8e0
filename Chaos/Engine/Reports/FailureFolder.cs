using System.Globalization;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Reports;

/// <summary>What is kept of a failed iteration: timeline.txt with the seed, replay.txt, and what its topology saved (logs, proxies).</summary>
public static class FailureFolder
{
    /// <summary>The folder of an iteration below the run's folder of failures.</summary>
    public static string Of(string failures, string id, string tier, int iteration, long seed) =>
        Path.Combine(failures, string.Create(CultureInfo.InvariantCulture, $"{id}-{tier}-{iteration}-{seed}"));

    /// <summary>The command that runs the same iterations again, from the run's seed.</summary>
    public static string Replay(IterationResult result, long runSeed)
    {
        ArgumentNullException.ThrowIfNull(result);
        var transport = result.Transport is "tcp" or "quic" ? $" --transport {result.Transport}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"dotnet run --project Chaos -c Release -- run --scenario {result.Id} --tier {result.Tier}{transport} --seed {runSeed} --iterations {result.Iteration + 1}");
    }

    /// <summary>Writes the timeline.</summary>
    public static void WriteTimeline(string folder, long seed, string reason, IReadOnlyList<TimelineEntry> timeline)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, "timeline.txt"), [reason, FormattableString.Invariant($"seed of this iteration: {seed}"), .. (timeline ?? []).Select(t => FormattableString.Invariant($"{t.AtMs,10:0.0} ms {t.Kind,-8} {t.Text}"))]);
    }

    /// <summary>Writes the replay command into a failed iteration's folder.</summary>
    public static string WriteReplay(string failures, IterationResult result, long runSeed)
    {
        ArgumentNullException.ThrowIfNull(result);
        var replay = Replay(result, runSeed);
        var folder = Of(failures, result.Id, result.Tier, result.Iteration, result.Seed);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "replay.txt"), replay + "\n");
        return replay;
    }
}
