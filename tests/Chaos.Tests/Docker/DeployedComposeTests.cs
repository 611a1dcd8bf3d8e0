using System.Text.RegularExpressions;
using Xunit;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Tests.Docker;

/// <summary>The compose files that operators get, held to what they promise. No daemon is needed.</summary>
public sealed partial class DeployedComposeTests
{
    private static readonly string Folder = Path.Combine(FindRoot(), "deploy", "compose");

    private static readonly Dictionary<string, string> Variables = File.ReadLines(Path.Combine(Folder, ".env.example"))
        .Where(l => l.Contains('=', StringComparison.Ordinal) && !l.StartsWith('#')).ToDictionary(l => l.Split('=')[0], _ => "set");

    [Theory]
    [InlineData("single.yml", 1)]
    [InlineData("cluster.yml", 5)]
    public void Every_service_has_a_health_check_in_exec_form(string name, int services)
    {
        var file = Read(name);
        Assert.Equal(services, file.Services.Count);
        Assert.All(file.Services.Values, s => Assert.True(s.HealthCheck is { IsExecForm: true, Interval: not null, Timeout: not null, Retries: > 0 }, s.Name));
    }

    [Fact]
    public void The_clusters_network_has_no_way_out_and_every_service_its_own_address_in_it()
    {
        var file = Read("cluster.yml");
        Assert.True(file.Networks["cluster"].Internal);
        var addresses = file.Services.Values.Select(s => s.Networks["cluster"].Ipv4).ToList();
        Assert.DoesNotContain(null, addresses);
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
    }

    [Fact]
    public void Database_and_storage_are_reached_from_the_cluster_alone_and_relays_wait_for_both()
    {
        var services = Read("cluster.yml").Services;
        foreach (var store in new[] { "postgres", "azurite" })
        {
            Assert.Equal(["cluster"], services[store].Networks.Keys);
            Assert.Empty(services[store].Ports);
        }

        Assert.All(services.Values.Where(s => s.Name.StartsWith("relay", StringComparison.Ordinal)), s => Assert.Equal(("service_healthy", "service_healthy"), (s.DependsOn["postgres"], s.DependsOn["azurite"])));
    }

    [Theory]
    [InlineData("single.yml")]
    [InlineData("cluster.yml")]
    public void What_must_be_set_has_no_default_and_is_in_the_example(string name)
    {
        var used = Use().Matches(File.ReadAllText(Path.Combine(Folder, name))).Select(m => (Name: m.Groups[1].Value, Tail: m.Groups[2].Value)).ToList();
        var required = used.Where(u => u.Tail.StartsWith(":?", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(required);
        Assert.All(required, u => Assert.True(Variables.ContainsKey(u.Name) && u.Tail.Contains(".env.example", StringComparison.Ordinal), u.Name));
        Assert.All(used.Where(u => u.Name.EndsWith("PASSWORD", StringComparison.Ordinal) || u.Name.EndsWith("KEY", StringComparison.Ordinal)), u => Assert.Contains(u, required));
    }

    [GeneratedRegex(@"\$\{(\w+)([^}]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Use();

    private static ComposeFile Read(string name) => ComposeFile.Parse(File.ReadAllText(Path.Combine(Folder, name)), Variables);

    private static string FindRoot()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "ZeroK.Orleans.sln"))) at = Path.GetDirectoryName(at)!;
        return at;
    }
}
