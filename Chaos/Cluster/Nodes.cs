using System.Buffers.Text;
using System.Globalization;
using System.Net;
using ZeroK.Chaos.Topology;
using ZeroK.Postgres;
using ZeroK.Transport;

namespace ZeroK.Chaos.Cluster;

/// <summary>Relays of one cluster as processes on loopback, with a PostgreSQL server of their own. All are gone with it.</summary>
public sealed class Nodes : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-cluster-").FullName;
    private readonly List<RelayProcess> _relays = [];

    private Nodes(PostgreSqlServer server) => Server = server;

    public PostgreSqlServer Server { get; }

    public IReadOnlyList<RelayProcess> Relays => _relays;

    /// <summary>The identity that all of them share.</summary>
    public ReadOnlyMemory<byte> Fingerprint => Base64Url.DecodeFromChars(_relays[0].Address.AbsolutePath.AsSpan().Trim('/'));

    /// <summary>The database's connection string.</summary>
    public string Database { get; private set; } = "";

    /// <summary>Starts the server, and then the relays all at once.</summary>
    /// <param name="relayDll">The relay's program.</param>
    /// <param name="relays">How many.</param>
    /// <param name="settings">More settings for each.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="own">Settings of single relays, by their number; null: none.</param>
    public static async Task<Nodes> StartAsync(string relayDll, int relays, IReadOnlyList<string> settings, CancellationToken cancellationToken, Func<int, IReadOnlyList<string>>? own = null)
    {
        var nodes = new Nodes(await PostgreSqlServer.StartAsync().ConfigureAwait(false));
        try
        {
            nodes.Database = await nodes.Server.NewDatabaseAsync().ConfigureAwait(false);
            for (var i = 0; i < relays; i++)
            {
                string[] cluster =
                [
                    "--postgres", nodes.Database, "--cluster-address", "127.0.0.1", "--cluster-port", FreePort().ToString(CultureInfo.InvariantCulture), "--log-level", "Information",
                    "--Gateway:ConnectionsPerAddressMax=100000", "--Gateway:HandshakesPerAddressMax=100000", "--Gateway:HandshakesPerAddressPerSecond=100000", "--Gateway:HandshakesPerSecond=100000", "--Gateway:HandshakesMax=100000", "--Gateway:WriteBytesPerAddressPerSecond=1000000000",
                ];
                nodes._relays.Add(new RelayProcess(relayDll, Path.Combine(nodes._directory, $"{i}"), [.. cluster, .. settings, .. own?.Invoke(i) ?? []]));
            }

            await Task.WhenAll(nodes._relays.Select(r => r.StartAsync(cancellationToken))).ConfigureAwait(false);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where a relay takes devices.</summary>
    public RelayEndpoint EndpointOf(int relay) => new("127.0.0.1", _relays[relay].Address.Port);

    /// <summary>Writes what the relays wrote into a folder, a file each.</summary>
    public async Task KeepLogsAsync(string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        for (var i = 0; i < _relays.Count; i++) await File.WriteAllTextAsync(Path.Combine(directory, FormattableString.Invariant($"relay-{i}.log")), _relays[i].Log, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var relay in _relays) await relay.DisposeAsync().ConfigureAwait(false);
        await Server.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
