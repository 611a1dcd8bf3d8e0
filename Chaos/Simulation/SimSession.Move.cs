using ZeroK.Client.Session;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

// A hint: the relay is a cluster, and its other node is the same group under another address.
internal sealed partial class SimSession
{
    private const long HintUs = 3_000_000;
    private const double LeadsNowhere = 0.2;
    private Connection? _moving;

    private void Follow()
    {
        var tried = _moving = world.Chance(LeadsNowhere) ? new Connection(world, path, device, this, relay) : Greet(mayCreate: false);
        world.Note(FormattableString.Invariant($"hint of relay {index}"), device.Index);
        Later(HintUs, () => Stay(tried));
    }

    private void TakeAtNode(Connection node, WireMessage message)
    {
        if (message is not Welcome welcome || !welcome.LogId.Span.SequenceEqual(_welcome!.LogId.Span))
        {
            Stay(node);
            return;
        }

        _connection!.CloseByDevice();
        (_connection, _moving, _welcome) = (node, null, welcome);
        world.Note("moved", device.Index);
        Tell(new SessionInput.Moved(TransportKind.Tcp, null));
        Pump();
    }

    private void Stay(Connection tried)
    {
        if (tried != _moving) return;
        _moving = null;
        world.Note("stayed", device.Index);
        tried.CloseByDevice();
        Tell(new SessionInput.Stayed());
        Pump();
    }

    private Connection Greet(bool mayCreate)
    {
        var connection = new Connection(world, path, device, this, relay);
        relay.Open(connection);
        connection.Up(++_lastId, new Hello(Secrets.Group, default, Secrets.Keys.AdmissionKey, default, mayCreate, default));
        return connection;
    }

    private void CloseConnections()
    {
        _connection?.CloseByDevice();
        _moving?.CloseByDevice();
        (_connection, _moving) = (null, null);
    }
}
