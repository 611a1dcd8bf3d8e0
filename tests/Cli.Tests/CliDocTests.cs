using System.Text.RegularExpressions;
using Xunit;

namespace ZeroK.Cli.Tests;

/// <summary>docs/CLI.md says each thing once, and says what is.</summary>
public sealed partial class CliDocTests
{
    [Fact]
    public void No_row_of_a_table_stands_twice()
    {
        var keys = Text().Split('\n').Where(l => l.StartsWith('|') && !l.StartsWith("|---", StringComparison.Ordinal)).Select(l => l.Split('|')[1].Trim()).ToList();
        Assert.True(keys.Count > 30, "Too few rows were found: the search is wrong.");

        // `done` has other fields where something is deleted: that belongs in its one row.
        var twice = keys.Where(k => k.StartsWith('`')).GroupBy(k => k).Where(g => g.Count() > 1).Select(g => g.Key);
        Assert.Empty(twice);
    }

    [Fact]
    public void The_table_of_exit_codes_is_the_programs()
    {
        var documented = ExitCodeRow().Matches(Text()).Select(m => (Code: int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), Name: m.Groups[2].Value));
        Assert.Equal(ExitCodes.Table.Select(r => ((int)r.Code, r.Name)), documented);
    }

    private static string Text()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ZeroK.Orleans.sln"))) folder = folder.Parent ?? throw new InvalidOperationException("ZeroK.Orleans.sln is in no folder above the tests.");
        return File.ReadAllText(Path.Combine(folder.FullName, "docs", "CLI.md"));
    }

    [GeneratedRegex(@"^\| (\d+) \| ([a-z-]+) \|", RegexOptions.Multiline)]
    private static partial Regex ExitCodeRow();
}
