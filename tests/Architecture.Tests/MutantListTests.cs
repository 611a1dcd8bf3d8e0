using Xunit;

namespace ZeroK.Architecture.Tests;

/// <summary>The planted bugs of scripts/mutants.list follow the code: a row that fits nothing any more would be noticed in the night only.</summary>
public sealed class MutantListTests
{
    private static readonly List<Dictionary<string, string>> Rows = Read();

    [Fact]
    public void Each_planted_bug_has_its_place_in_the_code_once()
    {
        Assert.True(Rows.Count >= 90, $"Only {Rows.Count} rows were found: the search is wrong.");
        var lost = Rows.Where(r => Count(File.ReadAllText(Path.Combine(Solution.Root, r["file"])), r["from"]) != 1).Select(r => $"{r["name"]} ({r["file"]})").ToList();
        Assert.True(lost.Count == 0, $"These planted bugs no longer fit the code: {string.Join(", ", lost)}. In scripts/mutants.list, give \"from\" the text that does now what that text did.");
        Assert.Equal(Rows.Count, Rows.Select(r => r["name"]).Distinct().Count());
    }

    [Fact]
    public void Each_planted_bug_names_tests_that_exist()
    {
        var missing = Rows.Where(r => !Classes(r["filter"]).Any(c => Sources(r["test"]).Any(s => s.Contains($"class {c}", StringComparison.Ordinal)))).Select(r => r["name"]).ToList();
        Assert.True(missing.Count == 0, $"No test of these is there: {string.Join(", ", missing)}. In scripts/mutants.list, name the class that has it now.");
    }

    private static IEnumerable<string> Classes(string filter) => filter.Split(' ').Where(w => w.StartsWith("*.", StringComparison.Ordinal)).Select(w => w[2..]);

    private static IEnumerable<string> Sources(string project) => Solution.SourceFiles().Where(f => f.StartsWith(project + "/", StringComparison.Ordinal)).Select(f => File.ReadAllText(Path.Combine(Solution.Root, f)));

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static List<Dictionary<string, string>> Read()
    {
        var rows = new List<Dictionary<string, string>>();
        foreach (var line in File.ReadLines(Path.Combine(Solution.Root, "scripts/mutants.list")).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line.StartsWith("name: ", StringComparison.Ordinal)) rows.Add([]);
            var at = line.IndexOf(':', StringComparison.Ordinal);
            rows[^1].Add(line[..at], line[(at + 1)..].TrimStart(' '));
        }

        return rows;
    }
}
