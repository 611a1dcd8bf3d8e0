using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace ZeroK.Architecture.Tests;

/// <summary>Who may know whom. The zero-knowledge promise starts here: what can't be referenced can't be called.</summary>
public sealed class DirectionTests
{
    // One row a project that ships; docs/ARCHITECTURE.md shows the same table. "Wire" may be referenced by what lists it, and so on; nothing else may be.
    internal static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["ZeroK.Wire"] = [],
        ["ZeroK.Noise"] = [],
        ["ZeroK.Content"] = [],
        ["ZeroK.Transport"] = ["ZeroK.Wire"],
        ["ZeroK.Channel"] = ["ZeroK.Wire", "ZeroK.Noise", "ZeroK.Transport"],
        ["ZeroK.GrainContracts"] = ["ZeroK.Wire"],
        ["ZeroK.Client"] = ["ZeroK.Wire", "ZeroK.Noise", "ZeroK.Transport", "ZeroK.Channel", "ZeroK.Content"],
        ["ZeroK.Grains"] = ["ZeroK.Wire", "ZeroK.GrainContracts"],
        ["ZeroK.Gateway"] = ["ZeroK.Wire", "ZeroK.Noise", "ZeroK.Transport", "ZeroK.Channel", "ZeroK.GrainContracts", "ZeroK.Content", "ZeroK.Storage.Content"],
        ["ZeroK.Storage.Content"] = ["ZeroK.Wire", "ZeroK.Content"],
        ["ZeroK.Storage.AzureBlob"] = ["ZeroK.Wire", "ZeroK.GrainContracts", "ZeroK.Content", "ZeroK.Storage.Content"],
        ["ZeroK.Storage.Sqlite"] = ["ZeroK.Wire", "ZeroK.Grains"],
        ["ZeroK.Storage.PostgreSql"] = ["ZeroK.Wire", "ZeroK.GrainContracts", "ZeroK.Grains", "ZeroK.Content", "ZeroK.Storage.Content"],
        ["ZeroK.Relay"] = ["ZeroK.Wire", "ZeroK.Noise", "ZeroK.Transport", "ZeroK.Channel", "ZeroK.GrainContracts", "ZeroK.Grains", "ZeroK.Gateway", "ZeroK.Storage.Sqlite", "ZeroK.Content", "ZeroK.Storage.Content", "ZeroK.Storage.PostgreSql", "ZeroK.Storage.AzureBlob"],
        ["ZeroK.Cli"] = ["ZeroK.Client", "ZeroK.Transport", "ZeroK.Wire", "ZeroK.Content"],
    };

    private static readonly string[] ShippedFolders = ["Contracts", "ClientLib", "Grains", "Silo", "Cli"];

    [Fact]
    public void Every_shipped_project_references_only_what_its_row_allows()
    {
        var wrong = Shipped()
            .SelectMany(p => p.References.Where(r => !Allowed.GetValueOrDefault(p.Name, []).Contains(r)).Select(r => $"{p.Name} → {r}"))
            .ToList();
        Assert.True(wrong.Count == 0, "References that the table does not allow: " + string.Join(", ", wrong));
    }

    [Fact]
    public void Every_shipped_project_has_a_row_and_every_row_a_project()
    {
        Assert.Equal(Allowed.Keys.Order(), Shipped().Select(p => p.Name).Order());
    }

    [Fact]
    public void Relay_side_never_reaches_the_client_library()
    {
        foreach (var project in Shipped().Where(p => p.Folder.StartsWith("Grains", StringComparison.Ordinal) || p.Folder.StartsWith("Silo", StringComparison.Ordinal)))
            Assert.DoesNotContain("ZeroK.Client", project.Closure().Select(p => p.Name));
    }

    [Theory]
    [InlineData("ZeroK.Client")]
    [InlineData("ZeroK.Cli")]
    public void Client_side_never_reaches_Orleans(string name)
    {
        var closure = Solution.Projects[name].Closure();
        Assert.DoesNotContain(closure.SelectMany(p => p.Packages), p => p.Contains("Orleans", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("ZeroK.GrainContracts", closure.Select(p => p.Name));
    }

    [Fact]
    public void Wire_has_one_package_the_codecs()
    {
        Assert.Equal(["MessagePack"], Solution.Projects["ZeroK.Wire"].Packages);
        Assert.Empty(Solution.Projects["ZeroK.Wire"].References);
    }

    [Fact]
    public void Noise_and_content_reference_nothing_of_ours()
    {
        foreach (var project in Shipped().Where(p => p.Folder is "Contracts/Noise" or "Contracts/Content"))
            Assert.Empty(project.References);
    }

    // The project files say what may be referenced; the compiled assemblies say what is. Both must agree.
    [Theory]
    [InlineData("ZeroK.Grains", "ZeroK.Client")]
    [InlineData("ZeroK.Gateway", "ZeroK.Client")]
    [InlineData("ZeroK.Gateway", "ZeroK.Grains")]
    [InlineData("ZeroK.Storage.Sqlite", "ZeroK.Client")]
    [InlineData("zerok-relay", "ZeroK.Client")]
    [InlineData("ZeroK.Client", "Orleans")]
    [InlineData("zerok", "Orleans")]
    [InlineData("zerok", "ZeroK.Grains")]
    [InlineData("ZeroK.Wire", "ZeroK")]
    [InlineData("ZeroK.Noise", "ZeroK")]
    public void Compiled_assembly_does_not_reference(string assembly, string forbiddenPrefix)
    {
        var references = AssemblyReferences(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        Assert.NotEmpty(references);
        Assert.DoesNotContain(references, r => r.StartsWith(forbiddenPrefix, StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<Project> Shipped() => Solution.Projects.Values.Where(p => ShippedFolders.Contains(p.Folder.Split('/')[0]));

    private static List<string> AssemblyReferences(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name))];
    }
}
