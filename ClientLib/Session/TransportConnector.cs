using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Client.Session;

/// <summary>Connects over the given transports, the first that works.</summary>
internal sealed class TransportConnector(IReadOnlyList<ITransport> transports, RelayAddress relay, StaticIdentity identity, SyncOptions options) : IRelayConnector
{
    public async ValueTask<IDialedRelay> DialAsync(CancellationToken cancellationToken)
    {
        string? whyNotQuic = null;
        TransportException? last = null;
        foreach (var transport in transports)
        {
            if (!transport.IsSupported(out var why))
            {
                whyNotQuic = why;
                continue;
            }

            try
            {
                var connection = await transport.ConnectAsync(relay.Endpoint, cancellationToken).ConfigureAwait(false);
                return new Dialed(connection, transport.Kind == TransportKind.Quic ? null : whyNotQuic, relay, identity, options);
            }
            catch (TransportException e)
            {
                last = e;
                if (transport.Kind == TransportKind.Quic) whyNotQuic = "QUIC could not connect: " + e.Message;
            }
        }

        throw last ?? new TransportException("None of the transports works on this machine. " + whyNotQuic);
    }

    private sealed class Dialed(IConnection connection, string? whyNotQuic, RelayAddress relay, StaticIdentity identity, SyncOptions options) : IDialedRelay
    {
        public TransportKind Kind => connection.Kind;

        public string? WhyNotQuic => whyNotQuic;

        public ValueTask<IFrameChannel> GreetAsync(CancellationToken cancellationToken) =>
            SecureChannel.ConnectAsync(connection, identity, relay.Fingerprint, ChannelOptions.Default with { HandshakeTimeout = options.ConnectTimeout, Time = options.Time }, cancellationToken);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
