using System.Globalization;
using Xunit;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Fuzz.Tests.Targets;

namespace ZeroK.Fuzz.Tests;

/// <summary>Every parser of bytes from outside, against changed bytes. ZEROK_FUZZ_SECONDS: for how long each (default 1). ZEROK_FUZZ_SEED: from which seed (default 1).</summary>
public sealed class ParserTests
{
    public static TheoryData<string> Names => [.. AllTargets.ByName.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_bytes_are_read_or_refused(string name)
    {
        var seconds = double.Parse(Environment.GetEnvironmentVariable("ZEROK_FUZZ_SECONDS") ?? "1", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("ZEROK_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        var target = AllTargets.ByName[name];
        var fuzzer = new Fuzzer(target with { Seeds = [.. target.Seeds, .. Corpus.Seeds(name)] }, seed);
        foreach (var input in Corpus.Findings(name)) Holds(fuzzer.Try(input, measure: true));
        Holds(fuzzer.Run(TimeSpan.FromSeconds(seconds)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {fuzzer.Inputs} inputs, {fuzzer.Accepted} accepted");
        Assert.True(fuzzer.Inputs > target.Seeds.Count * 2, "Nothing but the seeds was tried.");
        Assert.True(!target.AcceptsSeeds || fuzzer.Accepted > 0, "Nothing was accepted, so nothing behind the door was tried.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_that_were_valid_once_are_valid_still(string name)
    {
        var target = AllTargets.ByName[name];
        if (Environment.GetEnvironmentVariable("ZEROK_FUZZ_WRITE_CORPUS") is { Length: > 0 } folder && name != "state-db") Corpus.Write(folder, target);
        var seeds = Corpus.Seeds(name);
        Assert.True(seeds.Count > 0 || name == "state-db", "The corpus has no file of this target.");
        if (target.AcceptsSeeds) Assert.All([.. seeds, .. target.Seeds], s => Assert.NotNull(target.Parse(s)));
    }

    [Fact]
    public void The_table_of_parsers_names_every_target_and_no_other()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ZeroK.Orleans.sln"))) folder = folder.Parent ?? throw new InvalidOperationException("ZeroK.Orleans.sln is in no folder above the tests.");
        var rows = File.ReadLines(Path.Combine(folder.FullName, "tests", "Fuzz.Tests", "README.md")).Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(2).Select(l => l.Split('|')[3]);
        Assert.Equal(AllTargets.ByName.Keys.Order(), rows.SelectMany(r => r.Split(',')).Select(n => n.Trim()).Order());
    }

    // Whole: an assertion about a string would cut off the seed and the input.
    private static void Holds(Finding? finding)
    {
        if (finding is not null) Assert.Fail(finding.ToString());
    }
}
