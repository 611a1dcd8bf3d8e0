namespace ZeroK.Relay.Settings;

/// <summary>A setting with a short name. One row here is an option, an environment variable and a key of the configuration file.</summary>
internal sealed record Setting(string Option, string Key, string Value, string Help)
{
    /// <summary>A constant: a value may be a connection string.</summary>
    public override string ToString() => "[setting]";

    /// <summary>The environment variable: ZEROK_RELAY_ and the option's name in capitals.</summary>
    public string Variable => SettingTable.VariablePrefix + Option.ToUpperInvariant().Replace('-', '_');
}

/// <summary>The settings with short names; every limit has a long one, section and property (Gateway:ConnectionsMax, Group:TimeToLive).</summary>
internal static class SettingTable
{
    public const string VariablePrefix = "ZEROK_RELAY_";

    public static readonly IReadOnlyList<Setting> Rows =
    [
        new("listen", "Gateway:Listen", "ADDRESS", "Where devices connect: an IP address, or * for all. Default *."),
        new("port", "Gateway:Port", "PORT", "The port for TCP and QUIC (UDP). 0: the system chooses. Default 4840."),
        new("http-listen", "Http:Listen", "ADDRESS", "Where /health and /metrics listen. Default 127.0.0.1."),
        new("http-port", "Http:Port", "PORT", "Their port. 0: the system chooses. Default 4841."),
        new("public-host", "PublicHost", "NAME", "The name in the relay's printed address. Default: this machine's name, or the address listened on."),
        new("data-dir", "DataDir", "DIRECTORY", "Where the relay's identity and store live. Default $XDG_STATE_HOME/zerok-relay or ~/.local/state/zerok-relay."),
        new("postgres", "Cluster:PostgreSql", "CONNECTION", "Makes the relay one of several: the database they share, as Host=…;Database=…;Username=…. Better as a variable, since options are visible to others."),
        new("cluster-address", "Cluster:Address", "ADDRESS", "Where the other relays reach this one: an IP address of a private network, or a name of it."),
        new("cluster-port", "Cluster:Port", "PORT", "The port for the other relays. Default 4842."),
        new("public-address", "Cluster:PublicAddress", "HOST[:PORT]", "Where devices reach this relay alone, not the cluster: they are sent here when their group's work is here. Without a port: --port. Default none."),
        new("cluster-name", "Cluster:Name", "NAME", "The cluster's name. Default zerok."),
        new("redis", "Cluster:Redis", "CONNECTION", "A Redis server that keeps the list of the cluster's relays instead of the database, as HOST:PORT,password=… Better as a variable."),
        new("azure-storage", "Cluster:AzureStorage", "CONNECTION", "The Azure Storage account that holds a cluster's contents, as its portal gives it. Without it a cluster keeps none. Better as a variable."),
        new("azure-container", "Cluster:AzureContainer", "NAME", "The container in it. Default zerok."),
        new("inline-bytes", "Cluster:InlineBytesMax", "BYTES", "Blobs up to so many bytes lie in their group's log, larger ones in the Azure Storage account or a table of their own. Default 65536."),
        new("log-format", "Log:Format", "text|json", "Log lines on standard error. Default text."),
        new("log-level", "Log:Level", "LEVEL", "Trace, Debug, Information, Warning, Error or None. Default Information."),
        new("json", "Json", "true|false", "Print the ready line as one JSON object."),
    ];

    public static string HelpText =>
        $"""
        zerok-relay: passes encrypted blobs between the devices of a group. It can't read them.

        Usage: zerok-relay [OPTION VALUE | OPTION=VALUE]...

        {string.Join(Environment.NewLine, Rows.Select(r => $"  --{r.Option + " " + r.Value,-24} {r.Help}"))}
          --config FILE            A JSON file with the same settings.
          --version                Print the version, and end.
          --healthcheck            Ask the relay that runs with the same settings whether it is ready, and end: 0 ready, 1 not.
          --Gateway:NAME=VALUE     Any limit of the gateway, for example --Gateway:ConnectionsPerAddressMax=500.
          --Group:NAME=VALUE       Any limit of groups, for example --Group:TimeToLive=3.00:00:00.
          --Content:NAME=VALUE     Any limit of contents, for example --Content:GroupBytesMax=10737418240.

        Each may be an environment variable too: {Rows[1].Variable}=4840, {VariablePrefix}GATEWAY__CONNECTIONSMAX=1000.
        Options win over variables, variables over the file.

        When ready, it prints one line with its address (zerok-relay://HOST:PORT/FINGERPRINT) and its HTTP address.
        SIGTERM or Ctrl-C: it finishes what it has accepted, and ends.

        Exit codes: {ExitCode.Done} ended as asked, {ExitCode.Fault} fault, {ExitCode.BadSetting} wrong setting, {ExitCode.CantListen} can't listen, {ExitCode.NoData} data directory or database can't be used.
        """;
}
