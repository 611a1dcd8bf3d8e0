using Spectre.Console;

namespace ZeroK.Chaos.Runner;

/// <summary>The verb <c>list</c>: every scenario, where it runs and what it waits for.</summary>
internal static class ListCommand
{
    public static int Run(Arguments args)
    {
        var table = new Table().AddColumns("id", "title", "iterations", "tiers", "waits for");
        foreach (var row in args.Rows())
        {
            var scenario = row.Create();
            var waits = row.Tiers.Where(t => scenario.WaitsFor(t) is not null).Select(t => $"{t}: {scenario.WaitsFor(t)}").ToList();
            var runs = row.Tiers.Where(t => scenario.WaitsFor(t) is null);
            table.AddRow(row.Id, Markup.Escape(row.Title), row.Iterations.ToString(System.Globalization.CultureInfo.InvariantCulture), $"[green]{string.Join(' ', runs)}[/]", Markup.Escape(waits.Count == row.Tiers.Count ? scenario.WaitsFor(row.Tiers[0])! : string.Join(' ', row.Tiers.Where(t => scenario.WaitsFor(t) is not null))));
        }

        AnsiConsole.Write(table);
        return 0;
    }
}
