using System.Text.Json.Serialization;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Reports;

namespace ZeroK.Chaos.Scenarios;

/// <summary>A line of results: one iteration. The names are those that the results' readers know.</summary>
public sealed record IterationResult
{
    [JsonPropertyName("id")] public required string Id { get; init; }

    [JsonPropertyName("tier")] public required string Tier { get; init; }

    [JsonPropertyName("iteration")] public int Iteration { get; init; }

    [JsonPropertyName("seed")] public long Seed { get; init; }

    [JsonPropertyName("outcome")] public required string Outcome { get; init; }

    [JsonPropertyName("reason")] public string Reason { get; init; } = "";

    [JsonPropertyName("faults")] public int Faults { get; init; }

    [JsonPropertyName("assertions")] public int Assertions { get; init; }

    [JsonPropertyName("elapsedMs")] public long ElapsedMs { get; init; }

    [JsonPropertyName("transport")] public string Transport { get; init; } = "";

    [JsonIgnore] public IReadOnlyList<TimelineEntry> Timeline { get; init; } = [];
}

/// <summary>Runs one iteration and judges the judging: nothing passes without its fault and an assertion.</summary>
public static class ScenarioRunner
{
    /// <summary>Whether a scenario injects no fault by its nature: it is the load that is hard.</summary>
    public static bool HasNoFault(string id) => id is "E-ENC-05" or "S-BLOB-04" or "S-CONV-04" || id.StartsWith("S-CONC-", StringComparison.Ordinal);

    /// <summary>The seed of an iteration: the same run seed gives the same faults.</summary>
    public static long SeedOf(long runSeed, string id, string tier, int iteration) => (uint)Seeds.Derive(runSeed, id, tier, iteration.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Runs one iteration.</summary>
    /// <param name="row">The scenario.</param>
    /// <param name="tier">The tier.</param>
    /// <param name="iteration">From 0.</param>
    /// <param name="seed">The iteration's seed.</param>
    /// <param name="settings">Where programs and files are.</param>
    /// <param name="failures">Where a failed iteration's logs are kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IterationResult> RunAsync(ScenarioRow row, string tier, int iteration, long seed, RunSettings settings, string failures, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(settings);
        var scenario = row.Create();
        var run = new ScenarioRun(tier, iteration, seed, settings);
        var startedAt = TimeProvider.System.GetTimestamp();
        if (scenario.WaitsFor(tier) is { } waits) return Result("skipped", waits);
        using var limit = new CancellationTokenSource(scenario.Limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await scenario.RunAsync(run, either.Token).ConfigureAwait(false);
            if (run.Assertions == 0) return Failed("it asserted nothing");
            if (run.Faults == 0 && !HasNoFault(row.Id)) return Failed("its fault took no effect");
            return scenario.Promises.FirstOrDefault(p => !run.IsEvaluated(p)) is { } promise ? Failed("not evaluated: " + promise) : Result("passed", "");
        }
        catch (ScenarioSkippedException e)
        {
            return Result("skipped", e.Message);
        }
        catch (ScenarioFailedException e)
        {
            return Failed(e.Message);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Failed(FormattableString.Invariant($"not done within {scenario.Limit.TotalSeconds} s; last: {(run.Timeline is [.., var last] ? last.Text : "nothing yet")}"));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed($"{e.GetType().Name}: {e.Message}");
        }
        finally
        {
            if (Directory.Exists(settings.ScratchDirectory)) Directory.Delete(settings.ScratchDirectory, recursive: true);
        }

        IterationResult Failed(string reason)
        {
            var folder = FailureFolder.Of(failures, row.Id, tier, iteration, seed);
            FailureFolder.WriteTimeline(folder, seed, reason, run.Timeline);
            run.SaveLogs?.Invoke(folder);
            return Result("failed", reason);
        }

        IterationResult Result(string outcome, string reason) => new()
        {
            Id = row.Id,
            Tier = tier,
            Iteration = iteration,
            Seed = seed,
            Outcome = outcome,
            Reason = reason,
            Faults = run.Faults,
            Assertions = run.Assertions,
            ElapsedMs = (long)TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds,
            Transport = tier == "mock" ? "memory" : settings.Transport,
            Timeline = run.Timeline,
        };
    }
}
