using ZeroK.Transport;

namespace ZeroK.Relay.Settings;

/// <summary>How a relay is one of several: they share a PostgreSQL database and reach each other over a port of their own.</summary>
public sealed record ClusterSettings
{
    /// <summary>A constant: the connection strings have a password and a key.</summary>
    public override string ToString() => "[cluster settings]";

    /// <summary>The connection string of the database that holds groups, identity and membership. Not logged.</summary>
    public required string PostgreSql { get; init; }

    /// <summary>The IP address, or a name that resolves to it, at which the other relays reach this one. The port listens on it alone; whoever reaches it is trusted, so it belongs to a private network.</summary>
    public required string Address { get; init; }

    /// <summary>The port for the other relays. 1 to 65,535, default 4842.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Where devices reach this relay directly, past any balancer: whoever is connected to another relay than the one that does its group's work is told this one's. Port 0: the one that devices use here. Null, the default: nobody is sent here.</summary>
    public RelayEndpoint? PublicAddress { get; init; }

    /// <summary>The cluster's name: relays of one name and database find each other. 1 to 100 characters, default "zerok".</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>A Redis server that keeps the membership instead of the database, as StackExchange.Redis reads it: "host:6379,password=…". Empty: the database keeps it. Not logged.</summary>
    public string Redis { get; init; } = "";

    /// <summary>The connection string of the Azure Storage account that holds the groups' contents. Empty: no contents. Not logged.</summary>
    public string AzureStorage { get; init; } = "";

    /// <summary>The container in it; made if there is none. Default "zerok".</summary>
    public string AzureContainer { get; init; } = DefaultContainer;

    /// <summary>Bytes of a blob up to which it goes from relay to relay and lies in its group's log; larger ones go to a store of their own: the Azure Storage account, or without one a table of the database. 0 to 1,114,112, default 64 KiB.</summary>
    public int InlineBytesMax { get; init; } = DefaultInlineBytesMax;

    public const int DefaultInlineBytesMax = 64 * 1024;

    public const string DefaultContainer = "zerok";

    public const int DefaultPort = 4842;

    public const string DefaultName = "zerok";
}
