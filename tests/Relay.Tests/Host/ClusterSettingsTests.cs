using System.Collections;
using Xunit;
using ZeroK.Relay.Settings;

namespace ZeroK.Relay.Tests.Host;

/// <summary>Without settings a relay is alone; a half-configured cluster is told which half is missing.</summary>
public sealed class ClusterSettingsTests
{
    private const string Database = "Host=127.0.0.1;Database=zerok;Username=zerok;Password=not-to-be-shown";

    [Fact]
    public void Without_settings_a_relay_is_alone() => Assert.Null(Read().Cluster);

    [Fact]
    public void Connection_and_address_make_a_cluster()
    {
        var cluster = Read("--postgres", Database, "--cluster-address", "10.0.0.7").Cluster!;
        Assert.Equal((Database, "10.0.0.7", 4842, "zerok"), (cluster.PostgreSql, cluster.Address, cluster.Port, cluster.Name));
    }

    [Fact]
    public void Variables_make_a_cluster_too()
    {
        var environment = new Hashtable { ["ZEROK_RELAY_POSTGRES"] = Database, ["ZEROK_RELAY_CLUSTER_ADDRESS"] = "relay-1", ["ZEROK_RELAY_CLUSTER_PORT"] = "5000" };
        var cluster = SettingReader.Read([], environment).Cluster!;
        Assert.Equal(("relay-1", 5000), (cluster.Address, cluster.Port));
    }

    [Theory]
    [InlineData("Cluster:PostgreSql is missing", "--cluster-address", "10.0.0.7")]
    [InlineData("Cluster:PostgreSql is missing", "--cluster-port", "5000")]
    [InlineData("Cluster:PostgreSql is missing", "--cluster-name", "home")]
    [InlineData("Cluster:PostgreSql is missing", "--public-address", "relay-1.example")]
    [InlineData("must be a name or an IP address", "--postgres", Database, "--cluster-address", "10.0.0.7", "--public-address", "relay-1.example:0")]
    [InlineData("must be a name or an IP address", "--postgres", Database, "--cluster-address", "10.0.0.7", "--public-address", "https://relay-1.example")]
    [InlineData("must be a name or an IP address", "--postgres", Database, "--cluster-address", "10.0.0.7", "--public-address", "0.0.0.0:4840")]
    [InlineData("must be a name or an IP address", "--postgres", Database, "--cluster-address", "10.0.0.7", "--public-address", "[::]")]
    [InlineData("must be a name or an IP address", "--postgres", Database, "--cluster-address", "10.0.0.7", "--public-address", "*")]
    [InlineData("Cluster:PostgreSql is missing", "--azure-storage", "AccountKey=not-to-be-shown")]
    [InlineData("Cluster:PostgreSql is missing", "--redis", "localhost,password=not-to-be-shown")]
    [InlineData("Cluster:Redis: It names no server", "--postgres", Database, "--cluster-address", "10.0.0.7", "--redis", "password=not-to-be-shown")]
    [InlineData("Cluster:Redis: Keyword", "--postgres", Database, "--cluster-address", "10.0.0.7", "--redis", "localhost,pasword=not-to-be-shown")]
    [InlineData("Cluster:AzureStorage is missing", "--postgres", Database, "--cluster-address", "10.0.0.7", "--azure-container", "photos")]
    [InlineData("Cluster:AzureStorage: ConnectionString can't be read", "--postgres", Database, "--cluster-address", "10.0.0.7", "--azure-storage", "AccountKey=not-to-be-shown")]
    [InlineData("must be 0 to 1114112", "--postgres", Database, "--cluster-address", "10.0.0.7", "--azure-storage", "UseDevelopmentStorage=true", "--inline-bytes", "-1")]
    [InlineData("small letters", "--postgres", Database, "--cluster-address", "10.0.0.7", "--azure-storage", "UseDevelopmentStorage=true", "--azure-container", "Photos")]
    [InlineData("Cluster:Address is missing", "--postgres", Database)]
    [InlineData("must be the one address", "--postgres", Database, "--cluster-address", "0.0.0.0")]
    [InlineData("must be 1 to 65535", "--postgres", Database, "--cluster-address", "10.0.0.7", "--cluster-port", "0")]
    [InlineData("names no Host", "--postgres", "Database=zerok;Username=zerok", "--cluster-address", "10.0.0.7")]
    [InlineData("can't be read", "--postgres", "not a connection string", "--cluster-address", "10.0.0.7")]
    [InlineData("Cluster:Adress is not a setting", "--Cluster:Adress", "10.0.0.7")]
    public void Half_a_cluster_is_an_error_that_names_the_other_half(string says, params string[] args)
    {
        var error = Assert.Throws<SettingException>(() => Read(args));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-to-be-shown", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relay-1.example", "relay-1.example", 0)]
    [InlineData("192.0.2.7:4850", "192.0.2.7", 4850)]
    [InlineData("[2001:db8::7]:4850", "2001:db8::7", 4850)]
    public void Public_address_may_leave_the_port_to_the_one_that_devices_use(string text, string host, int port)
    {
        string[] cluster = ["--postgres", Database, "--cluster-address", "10.0.0.7"];
        Assert.Null(Read(cluster).Cluster!.PublicAddress);
        var address = Read([.. cluster, "--public-address", text]).Cluster!.PublicAddress!;
        Assert.Equal((host, port), (address.Host, address.Port));
    }

    [Fact]
    public void Blobs_above_64_KiB_leave_the_database_unless_told_otherwise()
    {
        string[] cluster = ["--postgres", Database, "--cluster-address", "10.0.0.7", "--azure-storage", "UseDevelopmentStorage=true"];
        Assert.Equal(65_536, Read(cluster).Cluster!.InlineBytesMax);
        Assert.Equal(0, Read([.. cluster, "--inline-bytes", "0"]).Cluster!.InlineBytesMax);
    }

    [Fact]
    public void Groups_take_the_gateways_limits()
    {
        var settings = Read("--Gateway:EnvelopeBytesMax=5000", "--Gateway:PullBlobsMax=7", "--Gateway:PullBytesMax=9000");
        Assert.Equal((5000, 7, 9000), (settings.Group.EnvelopeBytesMax, settings.Group.PullBlobsMax, settings.Group.PullBytesMax));
    }

    [Theory]
    [InlineData("EnvelopeBytesMax")]
    [InlineData("PullBlobsMax")]
    [InlineData("PullBytesMax")]
    public void A_groups_own_limit_that_differs_from_the_gateways_is_refused(string name)
    {
        var error = Assert.Throws<SettingException>(() => Read($"--Gateway:{name}=99", $"--Group:{name}=98").ToString());
        Assert.Contains($"{name}", error.Message, StringComparison.Ordinal);
        Assert.Contains("98", Assert.Throws<SettingException>(() => Read(name == "PullBlobsMax" ? $"--Group:{name}=98" : $"--Group:{name}=9898")).Message, StringComparison.Ordinal);
    }

    private static RelaySettings Read(params string[] args) => SettingReader.Read(args, new Hashtable());
}
