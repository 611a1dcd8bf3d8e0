using System.Text.RegularExpressions;
using Xunit;
using ZeroK.Gateway;
using ZeroK.Grains.Groups;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Tests.Host;

/// <summary>docs/OPERATIONS.md names every limit and every metric that there is, and none that isn't.</summary>
public sealed partial class OperationsDocTests
{
    private static readonly string Root = FindRoot();
    private static readonly string Doc = File.ReadAllText(Path.Combine(Root, "docs", "OPERATIONS.md"));

    [Theory]
    [InlineData("### Gateway", typeof(GatewayOptions))]
    [InlineData("### Groups", typeof(GroupOptions))]
    [InlineData("### Contents", typeof(ContentLimits))]
    public void Every_limit_has_its_row_and_every_row_its_limit(string heading, Type options)
    {
        var start = Doc.IndexOf(heading, StringComparison.Ordinal);
        var section = Doc[start..Doc.IndexOf("\n##", start + 3, StringComparison.Ordinal)];
        var rows = Row().Matches(section).Select(m => m.Groups[1].Value).Where(n => !n.EndsWith(':')).Order().ToList();
        var limits = options.GetProperties().Where(p => p.CanWrite).Select(p => p.Name).Order().ToList();
        Assert.Equal(limits, rows);
    }

    [Fact]
    public void Every_metric_is_explained_and_every_explained_one_exists()
    {
        var source = string.Concat(new[] { "Silo", "Grains" }.SelectMany(d => Directory.EnumerateFiles(Path.Combine(Root, d), "*.cs", SearchOption.AllDirectories)).Where(f => !f.Contains("obj", StringComparison.Ordinal)).Select(File.ReadAllText));
        var made = Made().Matches(source).Select(m => m.Groups[1].Value).Distinct().Order().ToList();
        Assert.NotEmpty(made);
        Assert.Equal(made, Named().Matches(Doc).Select(m => m.Groups[1].Value).Distinct().Order().ToList());
    }

    private static string FindRoot()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "ZeroK.Orleans.sln"))) at = Path.GetDirectoryName(at)!;
        return at;
    }

    [GeneratedRegex(@"^\| `(\w+:?)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"Create(?:Counter|Histogram|ObservableGauge|UpDownCounter|ObservableCounter)(?:<\w+>)?\(\s*""(zerok[\w.]+)""")]
    private static partial Regex Made();

    [GeneratedRegex(@"`(zerok\.[\w.]+)`")]
    private static partial Regex Named();
}
