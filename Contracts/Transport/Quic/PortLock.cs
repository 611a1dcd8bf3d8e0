using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ZeroK.Transport;

/// <summary>Holds a UDP port for this process: the QUIC library shares ports, so a second relay on one port would start unnoticed and take half of the clients.</summary>
/// <remarks>An open file in the temporary directory, locked; the system releases it when the process dies, however it dies. The file stays: to delete it would race with the next owner.</remarks>
internal sealed class PortLock : IDisposable
{
    private readonly FileStream? _file;

    private PortLock(FileStream? file) => _file = file;

    /// <exception cref="TransportException">The port is taken.</exception>
    public static PortLock Take(int port)
    {
        var path = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"zerok-udp-{port}.lock"));
        try
        {
            return new PortLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException)
        {
            // Another user's file, perhaps of a relay that is long gone: the probe has to do.
            return new PortLock(null);
        }
        catch (IOException e)
        {
            throw Taken(port, e);
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

    public void Dispose() => _file?.Dispose();

    private static TransportException Taken(int port, Exception e) => new($"QUIC: can't listen on UDP port {port}: another program has this port; stop it or choose another port", e);
}
