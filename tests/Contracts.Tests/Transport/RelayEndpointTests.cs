using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

public sealed class RelayEndpointTests
{
    [Theory]
    [InlineData("relay.example:5000", "relay.example", 5000)]
    [InlineData("relay.example", "relay.example", 4840)]
    [InlineData("192.0.2.7:65535", "192.0.2.7", 65_535)]
    [InlineData("[2001:db8::7]:1", "2001:db8::7", 1)]
    [InlineData("[::1]", "::1", 4840)]
    public void Text_is_read(string text, string host, int port)
    {
        Assert.True(RelayEndpoint.TryParse(text, out var endpoint));
        Assert.Equal((host, port), (endpoint.Host, endpoint.Port));
        Assert.True(RelayEndpoint.TryParse(endpoint.ToString(), out var again));
        Assert.Equal(endpoint, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":4840")]
    [InlineData("relay.example:")]
    [InlineData("relay.example:0")]
    [InlineData("relay.example:65536")]
    [InlineData("relay.example:-1")]
    [InlineData("relay.example:4840 ")]
    [InlineData("relay.example:4840:4841")]
    [InlineData("2001:db8::7")]
    [InlineData("[2001:db8::7")]
    [InlineData("[2001:db8::7]4840")]
    [InlineData("[]:4840")]
    [InlineData("a host:4840")]
    [InlineData("user@relay.example:4840")]
    [InlineData("relay.example/path:4840")]
    [InlineData("größer.example:4840")]
    [InlineData("relay\0.example:4840")]
    public void What_is_no_host_and_port_is_refused(string text)
    {
        Assert.False(RelayEndpoint.TryParse(text, out var endpoint));
        Assert.Null(endpoint);
        Assert.False(RelayEndpoint.TryParse(new string('a', 254) + text, out _));
    }

    [Fact]
    public void Port_that_is_not_named_may_be_left_open()
    {
        Assert.True(RelayEndpoint.TryParse("relay.example", out var endpoint, portWhereNone: 0));
        Assert.Equal(0, endpoint.Port);
        Assert.False(RelayEndpoint.TryParse("relay.example:0", out _, portWhereNone: 0));
    }
}
