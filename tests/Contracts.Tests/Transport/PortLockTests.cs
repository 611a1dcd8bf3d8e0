using System.Net;
using System.Net.Sockets;
using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

/// <summary>The QUIC library would let two programs have one UDP port.</summary>
public sealed class PortLockTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("127.0.0.1", "0.0.0.0")]
    [InlineData("::1", "::")]
    public void Port_is_held_once_and_free_again_when_given_back(string first, string second)
    {
        var port = FreePort();
        using (PortLock.Take(new IPEndPoint(IPAddress.Parse(first), port)))
        {
            var taken = Assert.Throws<TransportException>(() => PortLock.Take(new IPEndPoint(IPAddress.Parse(second), port)));
            Assert.Contains($"{port}", taken.Message, StringComparison.Ordinal);
        }

        PortLock.Take(new IPEndPoint(IPAddress.Parse(second), port)).Dispose();
    }

    [Fact]
    public void One_port_of_two_addresses_is_two()
    {
        var port = FreePort();
        using var one = PortLock.Take(new IPEndPoint(IPAddress.Loopback, port));
        using var other = PortLock.Take(new IPEndPoint(IPAddress.Parse("127.0.0.2"), port));
    }

    // A folder to write to may be missing, and a file in a shared one may be another user's.
    [Fact]
    public void No_file_is_left_in_the_temporary_folder()
    {
        var port = FreePort();
        using var held = PortLock.Take(new IPEndPoint(IPAddress.Loopback, port));
        Assert.Empty(Directory.EnumerateFiles(Path.GetTempPath(), $"*{port}*"));
    }

    [Fact]
    public void Port_that_any_program_has_is_noticed()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var endpoint = (IPEndPoint)socket.LocalEndPoint!;
        Assert.Contains($"{endpoint.Port}", Assert.Throws<TransportException>(() => PortLock.Probe(endpoint)).Message, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
