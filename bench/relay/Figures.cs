using System.Globalization;
using System.Text;

namespace ZeroK.Bench.Relay;

/// <summary>Collects rows and prints them as one table, to be kept under bench/results.</summary>
internal sealed class Figures
{
    private readonly StringBuilder _rows = new();

    public void Add(string what, string figure, string limit)
    {
        _rows.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {figure} | {limit} |");
        Console.WriteLine($"{what}: {figure} ({limit})");
    }

    public void AddAtLeast(string what, double figure, string unit, double least) =>
        Add(what, string.Create(CultureInfo.InvariantCulture, $"{figure:#,0.##} {unit}"), string.Create(CultureInfo.InvariantCulture, $"at least {least:#,0.##}: {figure / least:0.00} of it"));

    public void AddAtMost(string what, double figure, string unit, double most) =>
        Add(what, string.Create(CultureInfo.InvariantCulture, $"{figure:#,0.##} {unit}"), string.Create(CultureInfo.InvariantCulture, $"at most {most:#,0.##}: {figure / most:0.00} of it"));

    public override string ToString() => "| what | figure | limit and ratio |\n| --- | --- | --- |\n" + _rows;

    public static double Percentile(List<double> values, double share)
    {
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(values.Count * share))];
    }
}
