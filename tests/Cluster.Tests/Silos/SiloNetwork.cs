using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace ZeroK.Cluster.Tests.Silos;

/// <summary>What lies between the silos of one process: their connections to each other, and their way to the membership table. A test cuts silos off and heals it. Callers stay with their silo.</summary>
internal sealed class SiloNetwork
{
    private readonly ConcurrentDictionary<ConnectionContext, (EndPoint From, EndPoint To)> _open = new();
    private volatile ImmutableHashSet<EndPoint> _alone = [];
    private volatile ImmutableHashSet<EndPoint> _withoutTable = [];

    /// <summary>Connections that were cut or refused.</summary>
    public int Cut => Volatile.Read(ref _cut);

    private int _cut;

    /// <summary>Reads and writes of the membership table that failed.</summary>
    public int TableFailures => Volatile.Read(ref _tableFailures);

    private int _tableFailures;

    /// <summary>Puts a silo on this network.</summary>
    public void Join(ISiloBuilder silo) => silo.Configure<SiloConnectionOptions>(o => o.ConfigureSiloOutboundConnection(connection =>
    {
        // Each connection between two silos has one that made it: there it is known where it goes.
        var services = connection.ApplicationServices;
        connection.Use(next => async context =>
        {
            var from = services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint;
            _open.TryAdd(context, (from, context.RemoteEndPoint!));
            try
            {
                if (IsCut(from, context.RemoteEndPoint!))
                {
                    Interlocked.Increment(ref _cut);
                    throw new ConnectionAbortedException("The test has cut this connection.");
                }

                await next(context);
            }
            finally
            {
                _open.TryRemove(context, out _);
            }
        });
    }));

    /// <summary>The membership table as a silo reaches it.</summary>
    public IMembershipTable TableFor(IServiceProvider silo, IMembershipTable table) => new TableFarAway(table, () =>
    {
        if (!_withoutTable.Contains(silo.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint)) return;
        Interlocked.Increment(ref _tableFailures);
        throw new IOException("The test's membership table is out of reach.");
    });

    /// <summary>Each of these silos reaches no other silo from now on.</summary>
    public void Isolate(params IEnumerable<SiloAddress> silos)
    {
        _alone = _alone.Union(silos.Select(s => s.Endpoint));
        foreach (var (context, (from, to)) in _open)
        {
            if (!IsCut(from, to)) continue;
            Interlocked.Increment(ref _cut);
            context.Abort(new ConnectionAbortedException("The test has cut this connection."));
        }
    }

    /// <summary>These silos don't reach the membership table from now on.</summary>
    public void TakeTable(params IEnumerable<SiloAddress> silos) => _withoutTable = _withoutTable.Union(silos.Select(s => s.Endpoint));

    /// <summary>All reach each other and the table again.</summary>
    public void Heal() => (_alone, _withoutTable) = ([], []);

    private bool IsCut(EndPoint from, EndPoint to) => _alone.Contains(from) || _alone.Contains(to);
}
