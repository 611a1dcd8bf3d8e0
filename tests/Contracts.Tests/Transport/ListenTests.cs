using System.Net;
using System.Net.Sockets;
using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

public sealed class ListenTests
{
    [Theory]
    [InlineData(SocketError.AddressFamilyNotSupported)]
    [InlineData(SocketError.AddressNotAvailable)]
    public void All_addresses_are_those_of_IPv4_where_IPv6_is_off(SocketError why)
    {
        var asked = new List<IPEndPoint>();
        using var socket = TcpTransport.BindAll(0, (endpoint, _) =>
        {
            asked.Add(endpoint);
            return endpoint.AddressFamily == AddressFamily.InterNetworkV6
                ? throw new TransportException("no IPv6", new SocketException((int)why))
                : new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        });
        Assert.Equal([IPAddress.IPv6Any, IPAddress.Any], asked.Select(a => a.Address));
    }

    [Fact]
    public void Port_that_is_taken_is_an_error_and_no_reason_to_try_IPv4() =>
        Assert.Throws<TransportException>(() => TcpTransport.BindAll(0, (endpoint, _) => endpoint.AddressFamily == AddressFamily.InterNetworkV6
            ? throw new TransportException("taken", new SocketException((int)SocketError.AddressAlreadyInUse))
            : throw new InvalidOperationException("IPv4 was tried.")));
}
