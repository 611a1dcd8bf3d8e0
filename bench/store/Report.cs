using System.Globalization;

namespace ZeroK.Bench.Store;

/// <summary>Prints a table in Markdown: the medians of the rounds.</summary>
internal static class Report
{
    public static void Print(IReadOnlyList<Measured> store, IReadOnlyList<Measured> bare)
    {
        Console.WriteLine($"{StoreLoad.Writers} writers, {StoreLoad.Writers} groups, {StoreLoad.BodyBytes} bytes an append, durable; {Environment.ProcessorCount} cores; medians of {store.Count} rounds");
        Console.WriteLine();
        Console.WriteLine("| | appends/s | p50 ms | p99 ms | CPU µs an append |");
        Console.WriteLine("|---|---|---|---|---|");
        Row("store (SQLite, fenced, acknowledged each)", store);
        Row($"bare SQLite ({StoreLoad.Writers} inserts a transaction)", bare);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio store / bare: {Median(store, m => m.PerSecond) / Median(bare, m => m.PerSecond):0.00}"));
    }

    private static void Row(string name, IReadOnlyList<Measured> rounds) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {Median(rounds, m => m.PerSecond):0} | {Median(rounds, m => m.P50Ms):0.00} | {Median(rounds, m => m.P99Ms):0.00} | {Median(rounds, m => m.CpuMicrosPerAppend):0.0} |"));

    private static double Median(IReadOnlyList<Measured> rounds, Func<Measured, double> of) => rounds.Select(of).Order().ElementAt(rounds.Count / 2);
}
