using System.Globalization;
using Spectre.Console;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Runner;

/// <summary>The table that a person watches: a row a scenario and tier, changing as iterations end.</summary>
internal sealed class RunTable(LiveDisplayContext context, Table table)
{
    private const int BarWidth = 20;

    public static Table Empty() => new Table().Border(TableBorder.Simple).AddColumns("scenario", "tier", "progress", "passed", "failed", "ms", "");

    /// <summary>Runs with the table on the screen.</summary>
    public static Task ShowAsync(Func<RunTable, Task> run)
    {
        var table = Empty();
        return AnsiConsole.Live(table).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Top).StartAsync(context => run(new RunTable(context, table)));
    }

    /// <summary>A scenario begins.</summary>
    public void Begin(ScenarioRow row, string tier)
    {
        table.AddRow(row.Id, tier, "", "", "", "", Markup.Escape(row.Title));
        context.Refresh();
    }

    /// <summary>An iteration of the scenario that began last has ended.</summary>
    public void Update(IReadOnlyList<IterationResult> mine, int iterations)
    {
        var at = table.Rows.Count - 1;
        var failed = mine.Count(r => r.Outcome == "failed");
        var done = mine[^1].Outcome == "skipped" ? BarWidth : BarWidth * mine.Count / iterations;
        var colour = failed > 0 ? "red" : mine[^1].Outcome == "skipped" ? "grey" : "green";
        table.UpdateCell(at, 2, $"[{colour}]{new string('━', done)}[/][grey]{new string('─', BarWidth - done)}[/]");
        table.UpdateCell(at, 3, mine.Count(r => r.Outcome == "passed").ToString(CultureInfo.InvariantCulture));
        table.UpdateCell(at, 4, failed.ToString(CultureInfo.InvariantCulture));
        table.UpdateCell(at, 5, mine.Average(r => r.ElapsedMs).ToString("0", CultureInfo.InvariantCulture));
        if (failed > 0 || mine[^1].Outcome == "skipped") table.UpdateCell(at, 6, Markup.Escape(mine.First(r => r.Outcome != "passed").Reason));
        context.Refresh();
    }
}
