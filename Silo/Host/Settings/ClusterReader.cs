using System.Net;
using StackExchange.Redis;
using ZeroK.Storage.AzureBlob;
using ZeroK.Storage.PostgreSql;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Relay.Settings;

/// <summary>The cluster's settings: none, or all that it takes. A half-configured cluster is an error that names the missing half.</summary>
internal static class ClusterReader
{
    private const string Section = "Cluster";
    private const int NameCharactersMax = 100;

    public static ClusterSettings? Read(IConfiguration configuration)
    {
        var postgreSql = configuration[$"{Section}:PostgreSql"] ?? "";
        if (postgreSql.Length == 0)
        {
            var alone = configuration.GetSection(Section).GetChildren().FirstOrDefault(s => s.Value is { Length: > 0 });
            if (alone is not null)
                throw new SettingException($"{Section}:{alone.Key} is set, but {Section}:PostgreSql is missing: a cluster needs the database that its relays share. Without a cluster, remove {Section}:{alone.Key}.");
            return null;
        }

        var settings = new ClusterSettings
        {
            PostgreSql = postgreSql,
            Address = configuration[$"{Section}:Address"] ?? "",
            Port = SettingReader.Value(configuration, $"{Section}:Port", ClusterSettings.DefaultPort),
            PublicAddress = ReadPublicAddress(configuration[$"{Section}:PublicAddress"]),
            Name = configuration[$"{Section}:Name"] ?? ClusterSettings.DefaultName,
            Redis = configuration[$"{Section}:Redis"] ?? "",
            AzureStorage = configuration[$"{Section}:AzureStorage"] ?? "",
            InlineBytesMax = SettingReader.Value(configuration, $"{Section}:InlineBytesMax", ClusterSettings.DefaultInlineBytesMax),
            AzureContainer = configuration[$"{Section}:AzureContainer"] ?? ClusterSettings.DefaultContainer,
        };
        if (settings.Address.Length == 0)
            throw new SettingException($"{Section}:PostgreSql is set, but {Section}:Address is missing: the address at which the other relays reach this one. For a single relay with this database, 127.0.0.1 will do.");
        if (settings.Address is "*" or "0.0.0.0" or "::")
            throw new SettingException($"{Section}:Address is {settings.Address}; it must be the one address at which the other relays reach this one, on a private network.");
        if (settings.Port is < 1 or > 65_535) throw new SettingException($"{Section}:Port is {settings.Port}; it must be 1 to 65535.");
        if (settings.Name.Length is 0 or > NameCharactersMax) throw new SettingException($"{Section}:Name must have 1 to {NameCharactersMax} characters.");
        Check("PostgreSql", new PostgreSqlStoreOptions { ConnectionString = settings.PostgreSql }.Validate);
        if (settings.Redis.Length > 0) Check("Redis", () => CheckRedis(settings.Redis));
        if (settings.AzureStorage.Length > 0) Check("AzureStorage", new AzureBlobOptions { ConnectionString = settings.AzureStorage, Container = settings.AzureContainer }.Validate);
        else if (configuration[$"{Section}:AzureContainer"] is not null)
            throw new SettingException($"{Section}:AzureContainer is set, but {Section}:AzureStorage is missing: the connection string of the account that has the container.");
        if (settings.InlineBytesMax is < 0 or > WireLimits.EnvelopeBytesMax) throw new SettingException($"{Section}:InlineBytesMax is {settings.InlineBytesMax}; it must be 0 to {WireLimits.EnvelopeBytesMax}.");
        return settings;
    }

    private static RelayEndpoint? ReadPublicAddress(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return RelayEndpoint.TryParse(text, out var address, portWhereNone: 0) && !IPAddress.Any.Equals(AsIp(address.Host)) && !IPAddress.IPv6Any.Equals(AsIp(address.Host)) ? address
            : throw new SettingException($"{Section}:PublicAddress is '{text}'; it must be a name or an IP address at which devices reach this relay alone, and may have a port: relay-1.example.org, 192.0.2.7:4840, [2001:db8::7]:4840.");

        static IPAddress? AsIp(string host) => IPAddress.TryParse(host, out var ip) ? ip : null;
    }

    private static void CheckRedis(string connection)
    {
        if (ConfigurationOptions.Parse(connection).EndPoints.Count == 0) throw new ArgumentException("It names no server: host:6379,password=…");
    }

    private static void Check(string name, Action validate)
    {
        try
        {
            validate();
        }
        catch (ArgumentException wrong)
        {
            throw new SettingException($"{Section}:{name}: {wrong.Message}", wrong);
        }
    }
}
