using ZeroK.Transport;

namespace ZeroK.Chaos.Agent;

/// <summary>Another transport, whose connections all go to one port on loopback: a client's own path to the relay.</summary>
internal sealed class ViaTransport(ITransport inner, int port) : ITransport
{
    public TransportKind Kind => inner.Kind;

    public bool IsSupported(out string? why) => inner.IsSupported(out why);

    public ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default) => inner.ConnectAsync(new RelayEndpoint("127.0.0.1", port), cancellationToken);

    public ValueTask<IListener> ListenAsync(string address, int listenPort, CancellationToken cancellationToken = default) => inner.ListenAsync(address, listenPort, cancellationToken);
}
