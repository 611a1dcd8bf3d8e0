using System.Net;
using System.Net.Sockets;

namespace ZeroK.Transport;

/// <summary>TCP. The handshake above it is its encryption.</summary>
public sealed class TcpTransport : ITransport
{
    /// <inheritdoc/>
    public TransportKind Kind => TransportKind.Tcp;

    /// <inheritdoc/>
    public bool TakesAddresses => true;

    /// <inheritdoc/>
    public bool IsSupported(out string? why)
    {
        why = null;
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken).ConfigureAwait(false);
            return new TcpConnection(socket);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException refused) throw new TransportException($"TCP: {Describe(refused)}", refused);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default)
    {
        var socket = Bind(address, port);
        socket.Listen(512);
        return ValueTask.FromResult<IListener>(new TcpListener(socket));
    }

    private static Socket Bind(string address, int port)
    {
        if (address != "*")
        {
            if (!IPAddress.TryParse(address, out var ip)) throw new TransportException($"TCP: '{address}' is not an IP address; give one, or * for all.");
            return Bind(new IPEndPoint(ip, port), dualMode: false);
        }

        return Socket.OSSupportsIPv6 ? BindAll(port, Bind) : Bind(new IPEndPoint(IPAddress.Any, port), dualMode: false);
    }

    /// <summary>All addresses of both families, or those of IPv4 where the system knows IPv6 and doesn't have it (switched off at boot, or in a container). A port that is taken stays an error.</summary>
    internal static Socket BindAll(int port, Func<IPEndPoint, bool, Socket> bind)
    {
        try
        {
            return bind(new IPEndPoint(IPAddress.IPv6Any, port), true);
        }
        catch (TransportException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable or SocketError.ProtocolNotSupported })
        {
            return bind(new IPEndPoint(IPAddress.Any, port), false);
        }
    }

    private static Socket Bind(IPEndPoint endpoint, bool dualMode)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (dualMode) socket.DualMode = true;
            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new TransportException($"TCP: can't listen on port {endpoint.Port}: {Describe(e)}", e);
        }
    }

    internal static string Describe(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "another program has this port; stop it or choose another port",
        SocketError.AccessDenied => "the system doesn't allow this port; choose one above 1023",
        SocketError.AddressNotAvailable => "this machine doesn't have that address",
        SocketError.ConnectionRefused => "nothing listens there (connection refused)",
        SocketError.HostNotFound => "no such host",
        SocketError.TimedOut => "no answer",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to it",
        _ => e.Message,
    };
}
