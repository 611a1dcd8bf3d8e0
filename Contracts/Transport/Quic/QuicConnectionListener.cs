using System.Net.Quic;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ZeroK.Transport;

[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal sealed class QuicConnectionListener(QuicListener listener, X509Certificate2 certificate, PortLock portLock, QuicGate gate) : IListener
{
    private volatile bool _disposed;

    public TransportKind Kind => TransportKind.Quic;

    public int Port { get; } = listener.LocalEndPoint.Port;

    public Func<string, bool>? Gate
    {
        get => gate.Ask;
        set => gate.Ask = value;
    }

    public Func<string, (int OfAddress, int InAll)>? Crowd
    {
        get => gate.Crowd;
        set => gate.Crowd = value;
    }

    public async ValueTask<IConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                var connection = await listener.AcceptConnectionAsync(cancellationToken).ConfigureAwait(false);
                gate.End();
                return QuicConnectionAdapter.Accepted(connection);
            }
            catch (Exception e) when (_disposed && e is QuicException or ObjectDisposedException)
            {
                throw new ObjectDisposedException(nameof(QuicConnectionListener));
            }
            catch (Exception e) when (e is QuicException or AuthenticationException or TransportException)
            {
                // One client's handshake failed; System.Net.Quic throws it here. The next one may be well.
                gate.End();
                TransportInstruments.AcceptFailed(TransportKind.Quic);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await listener.DisposeAsync().ConfigureAwait(false);
        certificate.Dispose();
        portLock.Dispose();
    }
}
