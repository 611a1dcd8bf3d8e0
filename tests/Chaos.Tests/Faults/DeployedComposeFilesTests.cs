using System.Net;
using System.Text.RegularExpressions;
using Xunit;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Tests.Faults;

/// <summary>The compose files that are handed out: they parse, and hold what their comments promise.</summary>
public sealed partial class DeployedComposeFilesTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["ZEROK_PUBLIC_HOST"] = "relay.example", ["ZEROK_POSTGRES_PASSWORD"] = "p", ["ZEROK_AZURE_KEY"] = "a2V5" };

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder(), "*.yml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Fact]
    public void There_are_a_file_for_one_relay_and_one_for_a_cluster()
    {
        Assert.Contains("single.yml", Names.Select(n => n.Data));
        Assert.Contains("cluster.yml", Names.Select(n => n.Data));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_service_has_an_image_and_a_health_check_that_needs_no_shell(string name)
    {
        Assert.All(Read(name).Services.Values, s =>
        {
            Assert.False(string.IsNullOrEmpty(s.Image), s.Name);
            Assert.True(s.HealthCheck is { IsExecForm: true, Interval: not null, Timeout: not null, Retries: > 0 }, s.Name);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Whoever_waits_for_a_service_waits_until_it_is_healthy(string name)
    {
        Assert.All(Read(name).Services.Values.SelectMany(s => s.DependsOn.Values), condition => Assert.Equal("service_healthy", condition));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void In_a_network_without_a_way_out_every_service_has_a_fixed_address_of_its_own(string name)
    {
        var file = Read(name);
        foreach (var network in file.Networks.Values.Where(n => n.Internal))
        {
            var subnet = IPNetwork.Parse(Assert.Single(network.Subnets));
            var addresses = file.Services.Values.Where(s => s.Networks.ContainsKey(network.Name)).Select(s => s.Networks[network.Name].Ipv4 ?? throw new InvalidOperationException($"{s.Name} has no fixed address")).ToList();
            Assert.NotEmpty(addresses);
            Assert.Equal(addresses.Count, addresses.Distinct().Count());
            Assert.All(addresses, a => Assert.True(subnet.Contains(IPAddress.Parse(a)), a));
        }
    }

    [Fact]
    public void In_the_cluster_only_relays_can_be_reached_from_outside()
    {
        var file = Read("cluster.yml");
        Assert.True(file.Networks["cluster"].Internal);
        var relays = file.Services.Values.Where(s => s.Name.StartsWith("relay", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, relays.Count);
        Assert.All(file.Services.Values, s => Assert.Contains("cluster", s.Networks.Keys));
        Assert.All(file.Services.Values.Except(relays), s =>
        {
            Assert.Equal(["cluster"], s.Networks.Keys);
            Assert.Empty(s.Ports);
        });
        Assert.All(relays, s => Assert.Equal(2, s.Ports.Count));
    }

    [Fact]
    public void The_clusters_relays_wait_for_their_database_and_their_storage()
    {
        var relays = Read("cluster.yml").Services.Values.Where(s => s.Name.StartsWith("relay", StringComparison.Ordinal));
        Assert.All(relays, s => Assert.Equal(["azurite", "postgres"], s.DependsOn.Keys.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_variable_that_must_be_set_is_in_the_example(string name)
    {
        var example = File.ReadAllText(Path.Combine(Folder(), ".env.example"));
        Assert.All(Needed().Matches(File.ReadAllText(Path.Combine(Folder(), name))), v => Assert.Contains(v.Groups[1].Value + "=", example, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_password_or_a_key_has_no_default(string name)
    {
        Assert.All(Secret().Matches(File.ReadAllText(Path.Combine(Folder(), name))), v => Assert.StartsWith(":?", v.Groups[1].Value, StringComparison.Ordinal));
    }

    private static ComposeFile Read(string name) => ComposeFile.Parse(File.ReadAllText(Path.Combine(Folder(), name)), Variables);

    private static string Folder()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ZeroK.Orleans.sln"))) directory = directory.Parent;
        return Path.Combine(directory?.FullName ?? throw new InvalidOperationException("No repository above the tests."), "deploy", "compose");
    }

    [GeneratedRegex(@"\$\{([A-Z0-9_]+):?\?", RegexOptions.CultureInvariant)]
    private static partial Regex Needed();

    [GeneratedRegex(@"\$\{[A-Z0-9_]+(?:PASSWORD|KEY)([^}]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
