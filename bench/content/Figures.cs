using System.Globalization;
using System.Text;

namespace ZeroK.Bench.Content;

/// <summary>Collects rows and prints them as one table.</summary>
internal sealed class Figures
{
    private readonly StringBuilder _rows = new();
    private readonly Dictionary<string, double> _known = [];

    /// <summary>A figure by itself.</summary>
    public void Add(string what, double figure, string unit, string limit = "")
    {
        _known[what] = figure;
        var text = string.Create(CultureInfo.InvariantCulture, $"{figure:#,0.##} {unit}");
        _rows.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {text} | {limit} |");
        Console.WriteLine($"{what}: {text} {limit}");
    }

    /// <summary>A figure with the least that it should be.</summary>
    public void AddAtLeast(string what, double figure, string unit, double least) =>
        Add(what, figure, unit, string.Create(CultureInfo.InvariantCulture, $"at least {least:#,0.##}: {figure / least:0.00} of it"));

    /// <summary>A figure with the most that it should be.</summary>
    public void AddAtMost(string what, double figure, string unit, double most) =>
        Add(what, figure, unit, string.Create(CultureInfo.InvariantCulture, $"at most {most:#,0.##}: {figure / most:0.00} of it"));

    /// <summary>A figure that was added before; null if its part was not run.</summary>
    public double? Of(string what) => _known.TryGetValue(what, out var figure) ? figure : null;

    public override string ToString() => "| what | figure | limit and ratio |\n| --- | --- | --- |\n" + _rows;
}
