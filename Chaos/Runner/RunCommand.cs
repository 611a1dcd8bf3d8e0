using System.Globalization;
using System.Net.Quic;
using System.Runtime.InteropServices;
using Spectre.Console;
using ZeroK.Chaos.Catalogue;
using ZeroK.Chaos.Reports;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Runner;

/// <summary>The verb <c>run</c>: iterations of scenarios, a live table, and the result files.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(Arguments args)
    {
        var rows = args.Rows();
        var transport = args["transport"] ?? "tcp";
        if (transport is not ("tcp" or "quic")) throw new ArgumentException("--transport is tcp or quic.");
        var seed = args["seed"] is { } given ? long.Parse(given, CultureInfo.InvariantCulture) : System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);
        var output = Path.GetFullPath(args["out"] ?? Path.Combine("chaos-results", TimeProvider.System.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)));
        Directory.CreateDirectory(output);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"seed {seed}, {transport}, results in {output}");
        using var stop = new CancellationTokenSource();
        // Either way the run in hand is cleaned up: its processes, its files, its containers.
        Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => { context.Cancel = true; stop.Cancel(); });
        var results = new List<IterationResult>();
        try
        {
            if (Console.IsOutputRedirected) await RunAllAsync(null);
            else await RunTable.ShowAsync(RunAllAsync);
        }
        catch (OperationCanceledException)
        {
            AnsiConsole.MarkupLine("[yellow]stopped[/]");
        }

        var about = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, transport {transport}, {TimeProvider.System.GetUtcNow():u}");
        await File.WriteAllTextAsync(Path.Combine(output, "report.html"), HtmlReport.Write(rows, results, about));
        ResultFiles.JUnit(results, id => ScenarioCatalogue.All.First(r => r.Id == id).Category).Save(Path.Combine(output, "junit.xml"));
        var (passed, failed, skipped) = (results.Count(r => r.Outcome == "passed"), results.Count(r => r.Outcome == "failed"), results.Count(r => r.Outcome == "skipped"));
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"iterations: {passed} passed, {failed} failed, {skipped} skipped");
        return failed > 0 || passed + skipped == 0 ? 1 : 0;

        async Task RunAllAsync(RunTable? table)
        {
            foreach (var row in rows)
            {
                foreach (var tier in args.TiersOf(row)) await RunRowAsync(row, tier, args, seed, transport, output, results, table, stop.Token);
            }
        }
    }

    private static async Task RunRowAsync(ScenarioRow row, string tier, Arguments args, long seed, string transport, string output, List<IterationResult> results, RunTable? table, CancellationToken cancellationToken)
    {
        var iterations = args["iterations"] is null or "default" ? row.Iterations : int.Parse(args["iterations"]!, CultureInfo.InvariantCulture);
        var mine = new List<IterationResult>();
        table?.Begin(row, tier);
        for (var i = 0; i < iterations; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var settings = new RunSettings(Programs.RelayDll(), Programs.AgentDll(), Path.Combine(Path.GetTempPath(), "zerok-chaos", $"{row.Id}-{Guid.NewGuid():N}"), transport);
            var iterationSeed = ScenarioRunner.SeedOf(seed, row.Id, tier, i);
            var result = transport == "quic" && tier != "mock" && !QuicListener.IsSupported
                ? Skipped(row, tier, i, iterationSeed, "no libmsquic on this machine")
                : await ScenarioRunner.RunAsync(row, tier, i, iterationSeed, settings, Path.Combine(output, "failures"), cancellationToken);
            mine.Add(result);
            table?.Update(mine, iterations);
            ResultFiles.Append(output, result);
            if (result.Outcome == "failed") Explain(output, result, seed, quietly: table is not null);
            if (result.Outcome == "skipped") break;
        }

        results.AddRange(mine);
        if (table is null) Show(row, tier, mine);
    }

    private static void Show(ScenarioRow row, string tier, List<IterationResult> mine)
    {
        var failed = mine.Count(r => r.Outcome == "failed");
        var mark = failed > 0 ? "[red]failed [/]" : mine[0].Outcome == "skipped" ? "[grey]skipped[/]" : "[green]passed [/]";
        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"{mark} {row.Id,-11} {tier,-9} {mine.Count(r => r.Outcome == "passed"),3}/{mine.Count,-3} {mine.Average(r => r.ElapsedMs),7:0} ms  ") + Markup.Escape(failed > 0 ? mine.First(r => r.Outcome == "failed").Reason : mine[0].Outcome == "skipped" ? mine[0].Reason : row.Title));
    }

    private static void Explain(string output, IterationResult result, long seed, bool quietly)
    {
        var replay = FailureFolder.WriteReplay(Path.Combine(output, "failures"), result, seed);
        if (quietly) return;
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]failed[/] {result.Id} iteration {result.Iteration}: {result.Reason}");
        AnsiConsole.WriteLine("  " + replay);
    }

    private static IterationResult Skipped(ScenarioRow row, string tier, int iteration, long seed, string why) =>
        new() { Id = row.Id, Tier = tier, Iteration = iteration, Seed = seed, Outcome = "skipped", Reason = why };
}
