using System.Net;
using System.Net.Sockets;
using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

/// <summary>The QUIC library would let two programs have one UDP port.</summary>
public sealed class PortLockTests
{
    [Fact]
    public void Port_is_held_once_and_free_again_when_given_back()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;

        using (PortLock.Take(port))
        {
            var taken = Assert.Throws<TransportException>(() => PortLock.Take(port));
            Assert.Contains($"{port}", taken.Message, StringComparison.Ordinal);
        }

        PortLock.Take(port).Dispose();
    }

    [Fact]
    public void Port_that_any_program_has_is_noticed()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var endpoint = (IPEndPoint)socket.LocalEndPoint!;
        Assert.Contains($"{endpoint.Port}", Assert.Throws<TransportException>(() => PortLock.Probe(endpoint)).Message, StringComparison.Ordinal);
    }
}
