using ZeroK.Channel;
using ZeroK.Transport;

namespace ZeroK.Client.Session;

/// <summary>Makes channels to the relay, in two steps. Tests and the simulator have their own.</summary>
internal interface IRelayConnector
{
    /// <summary>Connects a transport.</summary>
    /// <param name="ways">Addresses of the relay, in the order in which they are tried.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransportException">The relay can't be reached.</exception>
    ValueTask<IDialedRelay> DialAsync(IReadOnlyList<RelayEndpoint> ways, CancellationToken cancellationToken);
}

/// <summary>A transport to the relay. Disposing aborts it, unless <see cref="GreetAsync"/> was called.</summary>
internal interface IDialedRelay : IAsyncDisposable
{
    TransportKind Kind { get; }

    /// <summary>Which address it is connected to.</summary>
    RelayEndpoint Way { get; }

    /// <summary>Why it is not QUIC; null if it is or was not wanted.</summary>
    string? WhyNotQuic { get; }

    /// <summary>The handshake. Owns the transport from now on.</summary>
    /// <exception cref="ChannelException">It failed.</exception>
    ValueTask<IFrameChannel> GreetAsync(CancellationToken cancellationToken);
}
