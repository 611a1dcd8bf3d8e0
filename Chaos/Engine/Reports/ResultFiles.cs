using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Reports;

/// <summary>What a run leaves: results.jsonl (one line an iteration), junit.xml and report.html.</summary>
public static class ResultFiles
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Adds a line to results.jsonl, so that a run that is stopped leaves what it has.</summary>
    public static void Append(string directory, IterationResult result) =>
        File.AppendAllText(Path.Combine(directory, "results.jsonl"), JsonSerializer.Serialize(result, Compact) + "\n");

    /// <summary>The results as JUnit's XML: a suite a category, a case an iteration.</summary>
    public static XDocument JUnit(IReadOnlyList<IterationResult> results, Func<string, string> categoryOf)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(categoryOf);
        return new XDocument(new XElement("testsuites", results.GroupBy(r => categoryOf(r.Id)).Select(suite => new XElement(
            "testsuite",
            new XAttribute("name", suite.Key),
            new XAttribute("tests", suite.Count()),
            new XAttribute("failures", suite.Count(r => r.Outcome == "failed")),
            new XAttribute("skipped", suite.Count(r => r.Outcome == "skipped")),
            suite.Select(Case)))));
    }

    private static XElement Case(IterationResult result) => new(
        "testcase",
        new XAttribute("classname", $"{result.Id}.{result.Tier}"),
        new XAttribute("name", string.Create(CultureInfo.InvariantCulture, $"{result.Id} {result.Tier} {result.Transport} iteration {result.Iteration} seed {result.Seed}")),
        new XAttribute("time", string.Create(CultureInfo.InvariantCulture, $"{result.ElapsedMs / 1000.0:0.000}")),
        result.Outcome switch
        {
            "failed" => new XElement("failure", new XAttribute("message", result.Reason)),
            "skipped" => new XElement("skipped", new XAttribute("message", result.Reason)),
            _ => null,
        });
}
