using System.Text.Json;
using Xunit;
using ZeroK.Chaos.Catalogue;

namespace ZeroK.Chaos.Scenarios.Tests;

/// <summary>The list of scenarios against itself and against the catalogue file, where that is present.</summary>
public sealed class CatalogueTests
{
    [Fact]
    public void All_68_scenarios_and_24_of_our_own_are_registered_once()
    {
        Assert.Equal(68 + 24, ScenarioCatalogue.All.Count);
        Assert.Equal(68 + 24, ScenarioCatalogue.All.DistinctBy(r => r.Id).Count());
    }

    [Fact]
    public void A_scenario_that_waits_says_for_what_and_each_has_a_class_of_its_own()
    {
        var scenarios = ScenarioCatalogue.All.Select(r => (Row: r, Scenario: r.Create())).ToList();
        Assert.Equal(68, scenarios.Where(s => s.Scenario is not Later).DistinctBy(s => s.Scenario.GetType()).Count());
        foreach (var (row, scenario) in scenarios)
            Assert.All(row.Tiers.Select(scenario.WaitsFor).Where(w => w is not null), w => Assert.True(w!.Length > 20, $"{row.Id}: '{w}' says too little"));
    }

    [Fact]
    public void Rows_say_what_the_catalogue_file_says()
    {
        var path = FindCatalogue();
        if (path is null) Assert.Skip("the catalogue file is not beside the repository");
        using var json = JsonDocument.Parse(File.ReadAllText(path!));
        var expected = json.RootElement.GetProperty("scenarios").EnumerateArray().Select(s =>
            $"{s.GetProperty("id")}|{s.GetProperty("category")}|{s.GetProperty("title")}|{string.Join(',', s.GetProperty("tiers").EnumerateArray())}|{s.GetProperty("iterations")}");
        Assert.Equal(expected, ScenarioCatalogue.All.Select(r => $"{r.Id}|{r.Category}|{r.Title}|{string.Join(',', r.Tiers)}|{r.Iterations}"));
    }

    [Fact]
    public void Promises_that_scenarios_name_are_those_of_the_catalogue_file()
    {
        var path = FindCatalogue();
        if (path is null) Assert.Skip("the catalogue file is not beside the repository");
        using var json = JsonDocument.Parse(File.ReadAllText(path!));
        var musts = json.RootElement.GetProperty("scenarios").EnumerateArray().ToDictionary(s => s.GetProperty("id").GetString()!, s => s.GetProperty("must").EnumerateArray().Select(m => m.GetString()!).ToList());
        var naming = ScenarioCatalogue.All.Select(r => (r.Id, r.Create().Promises)).Where(r => r.Promises.Count > 0).ToList();
        Assert.Equal(15, naming.Count);
        Assert.All(naming, r => Assert.Equal(musts[r.Id], r.Promises));
    }

    private static string? FindCatalogue()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, "shared", "chaos", "scenarios.json");
            if (File.Exists(path)) return path;
        }

        return null;
    }
}
