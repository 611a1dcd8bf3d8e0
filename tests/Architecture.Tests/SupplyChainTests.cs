using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace ZeroK.Architecture.Tests;

/// <summary>What is built from is named exactly: packages by hash, actions by commit, and no secret goes into an image's build.</summary>
public sealed partial class SupplyChainTests
{
    [Fact]
    public void Each_project_has_its_lock_file()
    {
        var missing = Solution.Projects.Values.Select(p => $"{p.Folder}/packages.lock.json").Where(f => !File.Exists(Path.Combine(Solution.Root, f))).ToList();
        Assert.True(missing.Count == 0, $"Missing: {string.Join(", ", missing)}. Run dotnet restore and commit what it writes.");
    }

    [Fact]
    public void Each_action_of_a_workflow_is_pinned_by_its_commit()
    {
        var uses = Directory.EnumerateFiles(Path.Combine(Solution.Root, ".github/workflows"))
            .SelectMany(File.ReadLines)
            .Select(l => l.Trim().TrimStart('-').Trim())
            .Where(l => l.StartsWith("uses:", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(uses);
        Assert.All(uses, l => Assert.True(Pinned().IsMatch(l), $"\"{l}\" names no commit: a tag can be moved. Write the commit, and the tag as a comment."));
    }

    [Fact]
    public void Restore_finds_its_feeds_outside_the_repository()
    {
        // At the root a nuget.config would replace what a machine behind a mirror has; the public workflow names its own.
        Assert.DoesNotContain(Directory.EnumerateFiles(Solution.Root), f => Path.GetFileName(f).Equals("nuget.config", StringComparison.OrdinalIgnoreCase));
        var config = XDocument.Load(Path.Combine(Solution.Root, ".github/nuget.config"));
        var source = Assert.Single(config.Descendants("packageSources").Elements("add"));
        Assert.Equal("https://api.nuget.org/v3/index.json", (string?)source.Attribute("value"));
        Assert.Equal((string?)source.Attribute("key"), (string?)Assert.Single(config.Descendants("packageSource")).Attribute("key"));
    }

    [Fact]
    public void Files_with_secrets_stay_out_of_git_and_of_an_images_build()
    {
        string[] Lines(string file) => File.ReadAllLines(Path.Combine(Solution.Root, file));
        Assert.Contains(".env", Lines(".gitignore"));

        // Without the stars a pattern of .dockerignore holds at the root only.
        Assert.Contains("**/.env", Lines(".dockerignore"));
    }

    [GeneratedRegex("^uses: [a-z0-9-]+/[a-z0-9/-]+@[0-9a-f]{40} # v[0-9.]+$")]
    private static partial Regex Pinned();
}
