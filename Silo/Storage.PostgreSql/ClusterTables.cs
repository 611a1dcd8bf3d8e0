namespace ZeroK.Storage.PostgreSql;

/// <summary>The tables and queries by which Orleans keeps the cluster's membership; its AdoNet provider reads the queries from the table OrleansQuery.</summary>
/// <remarks>
/// The provider asks by these keys and parameter names and expects these columns (the contract in Orleans' own scripts,
/// src/AdoNet, MIT licence). The queries are this relay's: plain statements, where a change of a row and of the table's
/// version happen together or not at all.
/// </remarks>
internal static class ClusterTables
{
    private const string ReadRows =
        """
        SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
        FROM OrleansMembershipVersionTable v
        LEFT OUTER JOIN OrleansMembershipTable m ON m.DeploymentId = v.DeploymentId
        """;

    private const string ThisSilo = "DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation";

    private static readonly (string Key, string Text)[] Queries =
    [
        ("UpdateIAmAlivetimeKey", $"UPDATE OrleansMembershipTable SET IAmAliveTime = @IAmAliveTime WHERE {ThisSilo};"),
        ("InsertMembershipVersionKey",
            """
            WITH made AS (INSERT INTO OrleansMembershipVersionTable (DeploymentId) VALUES (@DeploymentId) ON CONFLICT (DeploymentId) DO NOTHING RETURNING 1)
            SELECT count(*)::integer FROM made;
            """),
        ("InsertMembershipKey",
            """
            WITH stepped AS (
              UPDATE OrleansMembershipVersionTable SET Timestamp = now(), Version = Version + 1
              WHERE DeploymentId = @DeploymentId AND Version = @Version
                AND NOT EXISTS (SELECT 1 FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
              RETURNING DeploymentId
            ), made AS (
              INSERT INTO OrleansMembershipTable (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
              SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM stepped
              RETURNING 1
            )
            SELECT count(*)::integer FROM made;
            """),
        ("UpdateMembershipKey",
            """
            WITH stepped AS (
              UPDATE OrleansMembershipVersionTable SET Timestamp = now(), Version = Version + 1
              WHERE DeploymentId = @DeploymentId AND Version = @Version
                AND EXISTS (SELECT 1 FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
              RETURNING DeploymentId
            ), changed AS (
              UPDATE OrleansMembershipTable m SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
              FROM stepped s
              WHERE m.DeploymentId = s.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
              RETURNING 1
            )
            SELECT count(*)::integer FROM changed;
            """),
        ("MembershipReadRowKey", ReadRows + "\n  AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation\nWHERE v.DeploymentId = @DeploymentId;"),
        ("MembershipReadAllKey", ReadRows + "\nWHERE v.DeploymentId = @DeploymentId;"),
        ("DeleteMembershipTableEntriesKey",
            """
            DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId;
            DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId;
            """),
        ("GatewaysQueryKey", "SELECT Address, ProxyPort, Generation FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0;"),
        ("CleanupDefunctSiloEntriesKey", "DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status <> 3;"),
    ];

    /// <summary>The script that makes them, for an empty database.</summary>
    public static string Script { get; } =
        """
        CREATE TABLE OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText varchar(8000) NOT NULL);
        CREATE TABLE OrleansMembershipVersionTable (
          DeploymentId varchar(150) PRIMARY KEY,
          Timestamp timestamptz(3) NOT NULL DEFAULT now(),
          Version integer NOT NULL DEFAULT 0
        );
        CREATE TABLE OrleansMembershipTable (
          DeploymentId varchar(150) NOT NULL REFERENCES OrleansMembershipVersionTable (DeploymentId),
          Address varchar(45) NOT NULL,
          Port integer NOT NULL,
          Generation integer NOT NULL,
          SiloName varchar(150) NOT NULL,
          HostName varchar(150) NOT NULL,
          Status integer NOT NULL,
          ProxyPort integer,
          SuspectTimes varchar(8000),
          StartTime timestamptz(3) NOT NULL,
          IAmAliveTime timestamptz(3) NOT NULL,
          PRIMARY KEY (DeploymentId, Address, Port, Generation)
        );

        """ + string.Concat(Queries.Select(q => $"INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('{q.Key}', $query${q.Text}$query$);\n"));
}
