using System.Text.RegularExpressions;
using Xunit;

namespace ZeroK.Cli.Tests;

/// <summary>What docs/SECURITY.md tells people to type in a bad hour exists.</summary>
public sealed partial class SecurityDocTests
{
    [Fact]
    public void Every_command_of_the_security_document_is_one()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ZeroK.Orleans.sln"))) folder = folder.Parent ?? throw new InvalidOperationException("ZeroK.Orleans.sln is in no folder above the tests.");
        var commands = Command().Matches(File.ReadAllText(Path.Combine(folder.FullName, "docs", "SECURITY.md"))).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.True(commands.Count >= 10, "Too few commands were found: the search is wrong.");
        var root = CliApp.BuildRoot(new CliHost { Out = TextWriter.Null, Error = TextWriter.Null, In = () => Stream.Null });
        Assert.All(commands, c => Assert.Empty(root.Parse(c.Split(' ')).Errors));
        Assert.NotEmpty(root.Parse(["zeroize"]).Errors);
        Assert.NotEmpty(root.Parse(["pull", "--into", "FOLDER"]).Errors);
    }

    [GeneratedRegex("`zerok ([a-z][^`]*)`")]
    private static partial Regex Command();
}
