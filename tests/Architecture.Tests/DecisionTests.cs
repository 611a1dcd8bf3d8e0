using System.Text.RegularExpressions;
using Xunit;

namespace ZeroK.Architecture.Tests;

/// <summary>The map of the house is true: its table is the one that is enforced, and every decision has one short record and one line.</summary>
public sealed partial class DecisionTests
{
    private const int LineMax = 120;

    private static readonly string Docs = Path.Combine(Solution.Root, "docs");
    private static readonly string[] Map = File.ReadAllLines(Path.Combine(Docs, "ARCHITECTURE.md"));

    [Fact]
    public void The_maps_table_is_the_one_that_directions_are_held_to()
    {
        var rows = Map.Select(l => Row().Match(l)).Where(m => m.Success).ToDictionary(
            m => m.Groups["project"].Value,
            m => (Folder: m.Groups["folder"].Value, References: m.Groups["references"].Value));

        Assert.Equal(DirectionTests.Allowed.Keys.Order(), rows.Keys.Order());
        foreach (var (project, allowed) in DirectionTests.Allowed)
        {
            var named = rows[project].References is "nothing of ours" ? [] : rows[project].References.Split(", ").Select(r => "ZeroK." + r);
            Assert.Equal(allowed.Order(), named.Order());
            Assert.Equal(Solution.Projects[project].Folder, rows[project].Folder);
        }
    }

    [Fact]
    public void Every_decision_has_one_line_in_the_map_with_its_number_and_title()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Docs, "adr"), "*.md").Select(f => Path.GetFileName(f)).Order().ToList();
        var lines = Map.Select(l => Link().Match(l)).Where(m => m.Success).ToList();

        Assert.NotEmpty(files);
        Assert.Equal(files, lines.Select(m => m.Groups["file"].Value).Order());
        foreach (var line in lines)
        {
            var number = int.Parse(line.Groups["number"].Value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.StartsWith(line.Groups["number"].Value + "-", line.Groups["file"].Value, StringComparison.Ordinal);
            Assert.Equal($"# {number}. {line.Groups["title"].Value}", File.ReadLines(Path.Combine(Docs, "adr", line.Groups["file"].Value)).First());
        }

        Assert.Equal(lines.Count, lines.Select(m => m.Groups["number"].Value).Distinct().Count());
    }

    [Fact]
    public void A_decision_is_short_and_reads_in_a_terminal()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Docs, "adr"), "*.md"))
        {
            var lines = File.ReadAllLines(file);
            Assert.True(lines.Length <= 60, $"{Path.GetFileName(file)} has {lines.Length} lines: what and why, in at most 60");
            Assert.True(lines.All(l => l.Length <= LineMax), $"{Path.GetFileName(file)} has a line of more than {LineMax} characters");
        }
    }

    [GeneratedRegex(@"^\| `(?<folder>[^`]+)` \| `(?<project>ZeroK\.[^`]+)` \| [^|]+ \| (?<references>[^|]+) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"^- \[(?<number>\d{4})\]\(adr/(?<file>[^)]+)\) (?<title>.+)$")]
    private static partial Regex Link();
}
