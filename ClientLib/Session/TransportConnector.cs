using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Client.Session;

/// <summary>Races the transports to the relay, then runs the hybrid handshake.</summary>
internal sealed class TransportConnector(RelayAddress relay, StaticIdentity identity, SyncOptions options) : IRelayConnector
{
    private readonly RacingDialer _dialer = new(TransportsOf(options), options.Time);

    public async ValueTask<IDialedRelay> DialAsync(RelayEndpoint? elsewhere, CancellationToken cancellationToken)
    {
        var dialed = await _dialer.ConnectAsync(elsewhere ?? relay.Endpoint, cancellationToken).ConfigureAwait(false);
        return new Dialed(dialed.Connection, dialed.Failures.FirstOrDefault(f => f.Kind == TransportKind.Quic)?.Reason, relay, identity, options);
    }

    private static IReadOnlyList<ITransport> TransportsOf(SyncOptions options) => options switch
    {
        { Transports: { } given } => given,
        { Transport: TransportChoice.Quic } => [ZeroK.Transport.Transports.Of(TransportKind.Quic)],
        { Transport: TransportChoice.Tcp } => [ZeroK.Transport.Transports.Of(TransportKind.Tcp)],
        _ => ZeroK.Transport.Transports.All,
    };

    private sealed class Dialed(IConnection connection, string? whyNotQuic, RelayAddress relay, StaticIdentity identity, SyncOptions options) : IDialedRelay
    {
        public TransportKind Kind => connection.Kind;

        public string? WhyNotQuic => whyNotQuic;

        public ValueTask<IFrameChannel> GreetAsync(CancellationToken cancellationToken) =>
            SecureChannel.ConnectAsync(connection, identity, relay.Fingerprint, ChannelOptions.Default with { HandshakeTimeout = options.ConnectTimeout, Time = options.Time }, cancellationToken);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
