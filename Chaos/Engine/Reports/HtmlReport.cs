using System.Globalization;
using System.Net;
using System.Text;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Reports;

/// <summary>One page without anything to load: a table of scenarios, and for each a timeline picture of its faults and observations.</summary>
public static class HtmlReport
{
    private const int Width = 900;
    private const int RowHeight = 18;
    private const int TimelinesMax = 3;

    private const string Style = "body{font:14px system-ui,sans-serif;margin:2em;max-width:960px;color:#222}table{border-collapse:collapse}td,th{padding:3px 10px;text-align:left;border-bottom:1px solid #ddd}.passed{color:#176f2c}.failed{color:#b00020;font-weight:bold}.skipped{color:#777}svg{background:#fafafa;border:1px solid #ddd;margin:4px 0}h3{margin:1.2em 0 .2em}";

    /// <summary>Writes the page.</summary>
    /// <param name="rows">The scenarios asked for.</param>
    /// <param name="results">All iterations.</param>
    /// <param name="about">Seed, command and date.</param>
    public static string Write(IReadOnlyList<ScenarioRow> rows, IReadOnlyList<IterationResult> results, string about)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(results);
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Chaos report</title><style>").Append(Style).Append("</style><h1>Chaos report</h1><p>").Append(Text(about)).Append("</p><table><tr><th>scenario<th>tier<th>transport<th>iterations<th>faults<th>assertions<th>mean ms<th>outcome</tr>");
        foreach (var group in Groups(rows, results)) page.Append(CultureInfo.InvariantCulture, $"<tr><td><a href=\"#{group.Row.Id}\">{group.Row.Id}</a> {Text(group.Row.Title)}<td>{group.Results[0].Tier}<td>{group.Results[0].Transport}<td>{group.Results.Count}<td>{group.Results.Sum(r => r.Faults)}<td>{group.Results.Sum(r => r.Assertions)}<td>{group.Results.Average(r => r.ElapsedMs):0}<td class=\"{Outcome(group.Results)}\">{Outcome(group.Results)}</tr>");
        page.Append("</table>");
        foreach (var group in Groups(rows, results)) AppendScenario(page, group.Row, group.Results);
        return page.Append("</html>\n").ToString();
    }

    private static IEnumerable<(ScenarioRow Row, List<IterationResult> Results)> Groups(IReadOnlyList<ScenarioRow> rows, IReadOnlyList<IterationResult> results) =>
        rows.SelectMany(row => results.Where(r => r.Id == row.Id).GroupBy(r => (r.Tier, r.Transport)).Select(g => (row, g.ToList())));

    private static string Outcome(IReadOnlyList<IterationResult> results) =>
        results.Any(r => r.Outcome == "failed") ? "failed" : results.All(r => r.Outcome == "skipped") ? "skipped" : "passed";

    private static void AppendScenario(StringBuilder page, ScenarioRow row, List<IterationResult> results)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h3 id=\"{row.Id}\">{row.Id} {Text(row.Title)} <span class=\"{Outcome(results)}\">{Outcome(results)}</span></h3>");
        if (Outcome(results) == "skipped") page.Append("<p class=\"skipped\">").Append(Text(results[0].Reason)).Append("</p>");
        foreach (var result in results.OrderBy(r => r.Outcome == "failed" ? 0 : 1).Where(r => r.Timeline.Count > 0).Take(TimelinesMax))
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>iteration {result.Iteration}, seed {result.Seed}, {result.ElapsedMs} ms <span class=\"{result.Outcome}\">{result.Outcome} {Text(result.Reason)}</span></p>");
            page.Append(Timeline(result));
        }
    }

    /// <summary>An iteration as a picture: time to the right, one line an event, faults in red, healing in green; between a fault and its healing the ground is red.</summary>
    internal static string Timeline(IterationResult result)
    {
        var end = Math.Max(1, Math.Max(result.ElapsedMs, result.Timeline[^1].AtMs));
        var height = (result.Timeline.Count * RowHeight) + 30;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg width=\"{Width}\" height=\"{height}\" font-size=\"11\" role=\"img\" aria-label=\"timeline\">");
        double? faultAt = null;
        foreach (var entry in result.Timeline)
        {
            if (entry.Kind == "fault") faultAt ??= X(entry.AtMs);
            if (entry.Kind != "heal" || faultAt is null) continue;
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{faultAt:0.0}\" y=\"0\" width=\"{Math.Max(1, X(entry.AtMs) - faultAt.Value):0.0}\" height=\"{height - 20}\" fill=\"#b00020\" opacity=\"0.08\"/>");
            faultAt = null;
        }

        for (var i = 0; i < result.Timeline.Count; i++)
        {
            var entry = result.Timeline[i];
            var (x, y) = (X(entry.AtMs), (i * RowHeight) + 14);
            var color = entry.Kind switch { "fault" => "#b00020", "heal" => "#176f2c", "fail" => "#b00020", _ => "#3a5f9a" };
            var left = x < Width * 0.6;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:0.0}\" y1=\"0\" x2=\"{x:0.0}\" y2=\"{height - 20}\" stroke=\"{color}\" stroke-opacity=\"0.25\"/><circle cx=\"{x:0.0}\" cy=\"{y - 4}\" r=\"4\" fill=\"{color}\"/><text x=\"{(left ? x + 8 : x - 8):0.0}\" y=\"{y}\" text-anchor=\"{(left ? "start" : "end")}\">{Text(entry.Text)}</text>");
        }

        for (var i = 0; i <= 4; i++) svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{10 + (i * (Width - 60) / 4)}\" y=\"{height - 5}\" fill=\"#777\">{end * i / 4:0} ms</text>");
        return svg.Append("</svg>").ToString();

        double X(double atMs) => 10 + (atMs / end * (Width - 20));
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
