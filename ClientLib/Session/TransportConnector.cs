using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Client.Session;

/// <summary>Races the addresses of the relay and the transports to it, then runs the hybrid handshake.</summary>
internal sealed class TransportConnector(RelayAddress relay, StaticIdentity identity, SyncOptions options) : IRelayConnector
{
    private readonly RacingDialer _dialer = new(TransportsOf(options), options.Time);

    public async ValueTask<IDialedRelay> DialAsync(IReadOnlyList<RelayEndpoint> ways, CancellationToken cancellationToken)
    {
        var dialed = await _dialer.ConnectAsync(ways, cancellationToken).ConfigureAwait(false);
        var whyNotQuic = dialed.Connection.Kind == TransportKind.Quic ? null : dialed.Failures.FirstOrDefault(f => f.Kind == TransportKind.Quic)?.Reason;
        return new Dialed(dialed.Connection, dialed.Way, whyNotQuic, relay, identity, options);
    }

    private static IReadOnlyList<ITransport> TransportsOf(SyncOptions options) => options switch
    {
        { Transports: { } given } => given,
        { Transport: TransportChoice.Quic } => [ZeroK.Transport.Transports.Of(TransportKind.Quic)],
        { Transport: TransportChoice.Tcp } => [ZeroK.Transport.Transports.Of(TransportKind.Tcp)],
        _ => ZeroK.Transport.Transports.All,
    };

    private sealed class Dialed(IConnection connection, RelayEndpoint way, string? whyNotQuic, RelayAddress relay, StaticIdentity identity, SyncOptions options) : IDialedRelay
    {
        public TransportKind Kind => connection.Kind;

        public RelayEndpoint Way => way;

        public string? WhyNotQuic => whyNotQuic;

        public ValueTask<IFrameChannel> GreetAsync(CancellationToken cancellationToken) =>
            SecureChannel.ConnectAsync(connection, identity, relay.Fingerprint, ChannelOptions.Default with { HandshakeTimeout = options.ConnectTimeout, Time = options.Time }, cancellationToken);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
