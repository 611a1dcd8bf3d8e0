using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Topology;

/// <summary>Relays and devices of one group, each device with a path of its own through a proxy. Scenarios know nothing else, so they run wherever a topology can be built.</summary>
public interface ITopology : IAsyncDisposable
{
    /// <summary>What it was built from.</summary>
    TopologySettings Settings { get; }

    /// <summary>The relays; at least one.</summary>
    IReadOnlyList<ITestRelay> Relays { get; }

    /// <summary>The first relay.</summary>
    ITestRelay Relay => Relays[0];

    /// <summary>The clients, in the order in which they joined.</summary>
    IReadOnlyList<ITestClient> Clients { get; }

    /// <summary>What they did and saw: pushes, deliveries, positions, how each ended.</summary>
    HistoryRecorder History { get; }

    /// <summary>A proxy in front of a relay.</summary>
    /// <param name="name">Its name in logs.</param>
    /// <param name="hook">A fault made by code; null: none.</param>
    /// <param name="relay">Which relay.</param>
    Task<ChaosProxy> AddProxyAsync(string name, Func<long, Direction, Toxic?>? hook = null, int relay = 0);

    /// <summary>One more client in the group; the first makes it. Returns when it is connected.</summary>
    Task<ITestClient> AddClientAsync(CancellationToken cancellationToken);

    /// <summary>Waits until nothing is pending, every client is at the head that it knows and all have the same version vector, twice in a row; then notes how each ended.</summary>
    Task QuiesceAsync(CancellationToken cancellationToken);

    /// <summary>All that the relays logged and kept, and all that passed on the wire.</summary>
    IReadOnlyList<ByteSource> WhatOthersSaw();

    /// <summary>Writes the logs of all parts and the state of each proxy into a folder.</summary>
    void SaveLogs(string directory);
}
