using System.Globalization;
using System.Runtime.InteropServices;

namespace ZeroK.Bench.Blake3;

/// <summary>The table, as Markdown.</summary>
internal static class Report
{
    public static void Print(IReadOnlyList<Measured> rows, int mebibytes, int rounds)
    {
        var bytes = mebibytes * 1048576.0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"BLAKE3, {mebibytes} MiB, {rounds} rounds, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSArchitecture}."));
        Console.WriteLine("MB/s (10^6 bytes): best and worst round by the clock; best by processor time (all threads added up). Ratio to b3sum: best to best.");
        Console.WriteLine();
        Console.WriteLine("| what | best | worst | by processor time | ratio | ratio by processor time |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            var (best, worst, processor) = Rates(row, bytes);
            var ratio = row.Reference is null ? "" : Ratio(best, Rates(row.Reference, bytes).Best);
            var ratioProcessor = row.Reference is null ? "" : Ratio(processor, Rates(row.Reference, bytes).Processor);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {row.Name} | {best:F0} | {worst:F0} | {processor:F0} | {ratio} | {ratioProcessor} |"));
        }
    }

    private static (double Best, double Worst, double Processor) Rates(Measured row, double bytes) => (
        bytes / row.Costs.Min(c => c.Wall).TotalSeconds / 1e6,
        bytes / row.Costs.Max(c => c.Wall).TotalSeconds / 1e6,
        bytes / row.Costs.Min(c => c.Processor).TotalSeconds / 1e6);

    private static string Ratio(double ours, double theirs) => (ours / theirs).ToString("F2", CultureInfo.InvariantCulture);
}
