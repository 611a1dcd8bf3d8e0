using System.Text;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Tests.Topology;

/// <summary>A topology in this process for one test, with its files.</summary>
internal sealed class GroupRun : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-chaos-").FullName;

    private GroupRun(int clients, int relays, Action<ISiloBuilder>? plant)
    {
        var settings = new TopologySettings("", "", _directory, 7, "tcp") { Clients = clients, Relays = relays };
        Topology = new InProcessTopology(settings, plant);
    }

    public InProcessTopology Topology { get; }

    /// <summary>Markers in what was pushed.</summary>
    public List<ReadOnlyMemory<byte>> Markers { get; } = [];

    public static async Task<GroupRun> StartAsync(int clients, CancellationToken cancellationToken, int relays = 1, Action<ISiloBuilder>? plant = null)
    {
        var run = new GroupRun(clients, relays, plant);
        await run.Topology.StartAsync(cancellationToken);
        return run;
    }

    /// <summary>Pushes a blob with a fresh marker in it; returns the marker.</summary>
    public async Task<string> PushAsync(int client, CancellationToken cancellationToken)
    {
        var marker = MarkerJudge.NewMarker();
        Markers.Add(Encoding.ASCII.GetBytes(marker));
        await Topology.Clients[client].PushAsync(Encoding.ASCII.GetBytes("text " + marker), MarkerJudge.NewMarker(), cancellationToken);
        return marker;
    }

    /// <summary>Waits until a client has been handed so many blobs, a repetition not counted.</summary>
    public async Task DeliveredAsync(int client, int count, CancellationToken cancellationToken)
    {
        while (Topology.History.DistinctDeliveries(Topology.Clients[client].Label) < count) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
    }

    /// <summary>Notes how the clients stand, without waiting for them to agree.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach (var client in Topology.Clients)
        {
            var s = await client.StatusAsync(cancellationToken);
            Topology.History.Ended(new(client.Label, s.Vector, s.Received, s.Head, s.Pending));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Topology.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
