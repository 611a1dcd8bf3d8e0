using Xunit;

namespace ZeroK.Architecture.Tests;

/// <summary>Habits that a build can't check.</summary>
public sealed class HabitTests
{
    private const int LinesMax = 350;

    // Files that are allowed to be longer, each with its reason. An entry that is no longer needed fails too.
    private static readonly Dictionary<string, string> LongFiles = [];

    [Fact]
    public void Files_stay_short_enough_to_read_in_one_sitting()
    {
        var tooLong = Solution.SourceFiles()
            .Where(f => !LongFiles.ContainsKey(f))
            .Select(f => (File: f, Lines: File.ReadLines(Path.Combine(Solution.Root, f)).Count()))
            .Where(f => f.Lines > LinesMax)
            .Select(f => $"{f.File} ({f.Lines})")
            .ToList();
        Assert.True(tooLong.Count == 0, $"Files of more than {LinesMax} lines: {string.Join(", ", tooLong)}. Split them by what they do.");
    }

    [Fact]
    public void The_list_of_long_files_has_no_stale_entry()
    {
        foreach (var file in LongFiles.Keys)
            Assert.True(File.ReadLines(Path.Combine(Solution.Root, file)).Count() > LinesMax, $"{file} is short again: take it off the list.");
    }

    // A clock before 1970 would be the end of all time.
    [Fact]
    public void Times_become_unsigned_numbers_in_the_guarded_functions_alone()
    {
        string[] guarded = ["ClientLib/Envelopes/Envelope.cs", "Contracts/Wire/UnixMs.cs"];
        var found = Solution.SourceFiles().Where(f => f.Split('/')[0] is "Contracts" or "ClientLib" or "Grains" or "Silo" or "Cli").Where(f => File.ReadAllText(Path.Combine(Solution.Root, f)).Contains("ToUnixTimeMilliseconds", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(guarded.Order(StringComparer.Ordinal), found);
    }

    [Fact]
    public void No_source_file_is_left_unfinished()
    {
        string[] marks = ["NotImplemented" + "Exception", "TO" + "DO", "FIX" + "ME", "HA" + "CK"];
        var unfinished = Solution.SourceFiles()
            .Where(f => marks.Any(m => File.ReadAllText(Path.Combine(Solution.Root, f)).Contains(m, StringComparison.Ordinal)))
            .ToList();
        Assert.True(unfinished.Count == 0, "Unfinished: " + string.Join(", ", unfinished));
    }
}
