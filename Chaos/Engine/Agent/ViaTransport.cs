using ZeroK.Transport;

namespace ZeroK.Chaos.Agent;

/// <summary>Another transport, whose connections go where the vias say: a client's own path to each relay.</summary>
internal sealed class ViaTransport(ITransport inner, IReadOnlyList<AgentVia> vias) : ITransport
{
    public TransportKind Kind => inner.Kind;

    public bool IsSupported(out string? why) => inner.IsSupported(out why);

    public ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        var via = vias.FirstOrDefault(v => v.FromPort == endpoint.Port) ?? throw new InvalidOperationException($"The agent has no path to port {endpoint.Port}.");
        return inner.ConnectAsync(new RelayEndpoint(via.Host, via.Port), cancellationToken);
    }

    public ValueTask<IListener> ListenAsync(string address, int listenPort, CancellationToken cancellationToken = default) => inner.ListenAsync(address, listenPort, cancellationToken);
}
