using System.Net;
using System.Net.Sockets;

namespace ZeroK.Transport;

/// <summary>Holds a UDP port of an address for one listener of this process: the QUIC library shares ports, so a second listener would start unnoticed and take half of the clients.</summary>
/// <remarks>
/// Other processes are noticed by <see cref="Probe"/>. No file is locked for it: one in a shared folder could be another user's, and a folder to write to may be missing.
/// Two relays of one address that start in the same instant are told apart by their TCP port, which is bound first and can't be shared.
/// The library binds a port on all addresses, whichever was given: of two relays on one port of two addresses, the later has TCP alone.
/// </remarks>
internal sealed class PortLock : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<PortLock> Held = [];
    private readonly IPEndPoint _endpoint;

    private PortLock(IPEndPoint endpoint) => _endpoint = endpoint;

    /// <exception cref="TransportException">The port is taken.</exception>
    public static PortLock Take(IPEndPoint endpoint)
    {
        lock (Gate)
        {
            if (Held.Any(h => Overlap(h._endpoint, endpoint))) throw new TransportException($"QUIC: can't listen on UDP port {endpoint.Port}: it is taken by this program already; choose another port");
            var taken = new PortLock(endpoint);
            Held.Add(taken);
            return taken;
        }
    }

    /// <summary>Fails if any program has the port: a socket that doesn't share can't be bound beside one that does.</summary>
    /// <exception cref="TransportException">The port is taken.</exception>
    public static void Probe(IPEndPoint endpoint)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(endpoint);
        }
        catch (SocketException e)
        {
            throw new TransportException($"QUIC: can't listen on UDP port {endpoint.Port}: {TcpTransport.Describe(e)}", e);
        }
    }

    public void Dispose()
    {
        lock (Gate) Held.Remove(this);
    }

    // All addresses overlap each; those of IPv6 are those of IPv4 too.
    private static bool Overlap(IPEndPoint one, IPEndPoint other) =>
        one.Port == other.Port && (one.Address.Equals(other.Address) || one.Address.Equals(IPAddress.IPv6Any) || other.Address.Equals(IPAddress.IPv6Any)
            || (one.AddressFamily == other.AddressFamily && (one.Address.Equals(IPAddress.Any) || other.Address.Equals(IPAddress.Any))));
}
