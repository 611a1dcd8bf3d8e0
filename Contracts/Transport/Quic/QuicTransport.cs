using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ZeroK.Transport;

/// <summary>QUIC (RFC 9000) by System.Net.Quic, where libmsquic is. ALPN "0ksync/1".</summary>
/// <remarks>Its certificate proves nothing and is never checked: who the relay is, and the encryption that counts, is the handshake's above it.</remarks>
public sealed class QuicTransport(TimeProvider time) : ITransport
{
    /// <summary>The protocol's name in QUIC's handshake.</summary>
    public const string Alpn = "0ksync/1";

    // A killed peer is noticed only by silence: both sides keep the connection alive, and give up after three lost ones.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Handshake = TimeSpan.FromSeconds(10);

    private const int StreamsMax = 16;
    private const int BacklogMax = 512;

    /// <summary>QUIC with the system's clock.</summary>
    public QuicTransport() : this(TimeProvider.System) { }

    /// <inheritdoc/>
    public TransportKind Kind => TransportKind.Quic;

    /// <inheritdoc/>
    public bool TakesAddresses => true;

    [SupportedOSPlatformGuard("linux")]
    [SupportedOSPlatformGuard("macos")]
    [SupportedOSPlatformGuard("windows")]
    private static bool Available => (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows()) && QuicConnection.IsSupported && QuicListener.IsSupported;

    /// <inheritdoc/>
    public bool IsSupported(out string? why)
    {
        why = Available ? null : "no libmsquic: install the package libmsquic, or go on with TCP";
        return why is null;
    }

    /// <inheritdoc/>
    public async ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (!Available) throw Unsupported();

        // The library tries only the first address of a name.
        TransportException? failed = null;
        foreach (var address in await ResolveAsync(endpoint.Host, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(address, endpoint.Port), cancellationToken).ConfigureAwait(false);
            }
            catch (TransportException e)
            {
                failed = e;
            }
        }

        throw failed ?? new TransportException("QUIC: no such host");
    }

    /// <inheritdoc/>
    public async ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default)
    {
        if (!Available) throw Unsupported();
        var ip = address switch
        {
            "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            _ => IPAddress.TryParse(address, out var given) ? given : throw new TransportException($"QUIC: '{address}' is not an IP address; give one, or * for all."),
        };

        // With port 0 the system finds a free one: then nobody else has it, and it is held for those who come later.
        var held = port == 0 ? null : PortLock.Take(new IPEndPoint(ip, port));
        var gate = new QuicGate();
        X509Certificate2? certificate = null;
        QuicListener? listener = null;
        try
        {
            if (port != 0) PortLock.Probe(new IPEndPoint(ip, port));
            certificate = MakeCertificate(time.GetUtcNow());
            listener = await QuicListener.ListenAsync(ListenerOptions(new IPEndPoint(ip, port), certificate, gate), cancellationToken).ConfigureAwait(false);
            return new QuicConnectionListener(listener, certificate, held ?? PortLock.Take(new IPEndPoint(ip, listener.LocalEndPoint.Port)), gate);
        }
        catch (Exception e)
        {
            held?.Dispose();
            if (listener is not null) await listener.DisposeAsync().ConfigureAwait(false);
            certificate?.Dispose();
            if (QuicFaults.IsGone(e)) throw new TransportException($"QUIC: can't listen on UDP port {port}: {QuicFaults.Describe(e)}", e);
            throw;
        }
    }

    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("macos")]
    [SupportedOSPlatform("windows")]
    private static async Task<IConnection> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        QuicConnection? connection = null;
        try
        {
            connection = await QuicConnection.ConnectAsync(
                new QuicClientConnectionOptions
                {
                    RemoteEndPoint = endpoint,
                    DefaultCloseErrorCode = QuicFaults.AbortCode,
                    DefaultStreamErrorCode = QuicFaults.AbortCode,
                    KeepAliveInterval = KeepAlive,
                    IdleTimeout = Idle,
                    HandshakeTimeout = Handshake,
                    MaxInboundBidirectionalStreams = StreamsMax,
                    InitialReceiveWindowSizes = new QuicReceiveWindowSizes { Connection = QuicWindow.BytesMax },
                    ClientAuthenticationOptions = new SslClientAuthenticationOptions
                    {
                        ApplicationProtocols = [new SslApplicationProtocol(Alpn)],
                        TargetHost = "relay",

                        // Any certificate will do: the handshake above proves who the relay is (its pinned keys), and a certificate made at each start can't.
#pragma warning disable CA5359 // Deliberate, for the reason above.
                        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
                    },
                },
                cancellationToken).ConfigureAwait(false);
            return await QuicConnectionAdapter.OpenAsync(connection, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            if (QuicFaults.IsGone(e)) throw new TransportException($"QUIC: {QuicFaults.Describe(e)}", e);
            throw;
        }
    }

    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("macos")]
    [SupportedOSPlatform("windows")]
    private static QuicListenerOptions ListenerOptions(IPEndPoint endpoint, X509Certificate2 certificate, QuicGate gate)
    {
        var context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return new QuicListenerOptions
        {
            ListenEndPoint = endpoint,
            ApplicationProtocols = [new SslApplicationProtocol(Alpn)],
            ListenBacklog = BacklogMax,
            ConnectionOptionsCallback = (connection, _, _) =>
            {
                var address = QuicConnectionAdapter.AddressOf(connection);
                if (gate.Ask?.Invoke(address) == false) throw new TransportException("QUIC: this address may not connect now.");
                return ValueTask.FromResult(ConnectionOptions(context, gate.Begin(address)));
            },
        };
    }

    // A stream's window grows by itself as far as the connection's; a reader that stands still makes us hold so much.
    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("macos")]
    [SupportedOSPlatform("windows")]
    private static QuicServerConnectionOptions ConnectionOptions(SslStreamCertificateContext certificate, int windowBytes) => new()
    {
        DefaultCloseErrorCode = QuicFaults.AbortCode,
        DefaultStreamErrorCode = QuicFaults.AbortCode,
        KeepAliveInterval = KeepAlive,
        IdleTimeout = Idle,
        HandshakeTimeout = Handshake,
        MaxInboundBidirectionalStreams = StreamsMax,
        InitialReceiveWindowSizes = new QuicReceiveWindowSizes { Connection = windowBytes },
        ServerAuthenticationOptions = new SslServerAuthenticationOptions { ApplicationProtocols = [new SslApplicationProtocol(Alpn)], ServerCertificateContext = certificate },
    };

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return IPAddress.TryParse(host, out var ip) ? [ip] : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new TransportException($"QUIC: {TcpTransport.Describe(e)}", e);
        }
    }

    /// <summary>A fresh self-signed certificate with an ECDSA P-256 key, for this listener alone.</summary>
    private static X509Certificate2 MakeCertificate(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=relay", key, HashAlgorithmName.SHA256);
        var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        if (!OperatingSystem.IsWindows()) return made;

        // Windows' TLS doesn't take keys that live in memory alone.
        using (made) return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }

    private static TransportException Unsupported() => new("QUIC: no libmsquic: install the package libmsquic, or go on with TCP");
}
