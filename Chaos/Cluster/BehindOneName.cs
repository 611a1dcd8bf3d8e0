using ZeroK.Transport;

namespace ZeroK.Chaos.Cluster;

/// <summary>A cluster as clients see it: one name, and each connection goes to the next relay that takes it.</summary>
internal sealed class BehindOneName(Nodes nodes) : ITransport
{
    private readonly TcpTransport _tcp = new();
    private int _next;

    public TransportKind Kind => TransportKind.Tcp;

    public bool IsSupported(out string? why) => _tcp.IsSupported(out why);

    public async ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        for (var left = nodes.Relays.Count; ; left--)
        {
            try
            {
                var relay = (int)((uint)Interlocked.Increment(ref _next) % (uint)nodes.Relays.Count);
                return await _tcp.ConnectAsync(nodes.EndpointOf(relay), cancellationToken).ConfigureAwait(false);
            }
            catch (TransportException) when (left > 1)
            {
                // One that is down is passed over, as a balancer does.
                continue;
            }
        }
    }

    public ValueTask<IListener> ListenAsync(string address, int listenPort, CancellationToken cancellationToken = default) => _tcp.ListenAsync(address, listenPort, cancellationToken);
}
