using System.Net;
using System.Net.Sockets;
using Orleans.Configuration;
using StackExchange.Redis;
using ZeroK.Relay.Settings;

namespace ZeroK.Relay;

/// <summary>A silo that is one of several: membership in PostgreSQL or Redis, a directory that holds through failures, failure detection by measured settings.</summary>
internal static class ClusteredSilo
{
    // A dead silo's ports refuse, which is noticed at once. A frozen one is declared dead when its connections have been
    // silent for the longest time-out times the missed probes: Orleans drops votes against a silo that was heard of since.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeTimeoutMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TableRefresh = TimeSpan.FromSeconds(3);
    private const int MissedProbes = 3;
    private const int Votes = 2;

    // Counted from when the silo is thought to have failed, so at most the detection's own time costs nothing; more would keep groups waiting after a kill. The store fences.
    private static readonly TimeSpan RangeLease = ProbeTimeoutMax * MissedProbes;

    public static ISiloBuilder UseCluster(this ISiloBuilder silo, ClusterSettings cluster)
    {
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (cluster.Name, cluster.Name));
        var address = Resolve(cluster.Address);
        silo.Configure<EndpointOptions>(o =>
        {
            o.AdvertisedIPAddress = address;
            o.SiloPort = cluster.Port;
            o.GatewayPort = 0;
            o.SiloListeningEndpoint = new IPEndPoint(address, cluster.Port);
        });
        if (cluster.Redis.Length > 0) silo.UseRedisClustering(o => o.ConfigurationOptions = ConfigurationOptions.Parse(cluster.Redis));
        else silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = ("Npgsql", cluster.PostgreSql));
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = ProbeTimeout;
            o.MaxProbeTimeout = ProbeTimeoutMax;
            o.NumMissedProbesLimit = MissedProbes;
            o.NumVotesForDeathDeclaration = Votes;
            o.TableRefreshTimeout = TableRefresh;
        });
#pragma warning disable ORLEANSEXP003 // The directory is marked experimental; the default one had doubly active grains in 2 of 8 runs with churn, this one in none.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<GrainDirectoryOptions>(o => o.RangeLeaseDuration = RangeLease);
        return silo;
    }

    private static IPAddress Resolve(string name)
    {
        if (IPAddress.TryParse(name, out var address)) return address;
        try
        {
            var found = Dns.GetHostAddresses(name);
            return found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found.First();
        }
        catch (Exception e) when (e is SocketException or ArgumentException or InvalidOperationException)
        {
            throw new SettingException("Cluster:Address is neither an IP address nor a name that resolves to one on this machine.", e);
        }
    }
}
