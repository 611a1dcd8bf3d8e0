using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>A group says where its work is to devices that are connected to another relay.</summary>
public sealed class ElsewhereTests(RelayCluster relay) : IClassFixture<RelayCluster>
{
    private static readonly SiloAddress Another = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);

    [Fact]
    public async Task Device_at_another_relay_is_told_this_ones_address_and_one_at_this_relay_is_not()
    {
        relay.Address.Public = "relay-1.example:4840";
        var group = relay.NewGroup();
        Assert.Equal("", (await HelloAsync(group, gateway: null)).Elsewhere);
        Assert.Equal("relay-1.example:4840", (await HelloAsync(group, Another)).Elsewhere);
    }

    [Fact]
    public async Task Without_an_address_of_its_own_nobody_is_sent_here()
    {
        relay.Address.Public = "";
        Assert.Equal("", (await HelloAsync(relay.NewGroup(), Another)).Elsewhere);
    }

    [Fact]
    public async Task Refused_device_is_told_nothing()
    {
        relay.Address.Public = "relay-1.example:4840";
        var reply = await relay.NewGroup().HelloAsync(RandomNumberGenerator.GetBytes(DeviceId.Size), matches: false, gateway: Another);
        Assert.Equal((ErrorCode.Unauthorized, true), (reply.Code, string.IsNullOrEmpty(reply.Elsewhere)));
    }

    [Fact]
    public void Groups_without_a_gateway_have_no_address()
    {
        using var services = new ServiceCollection().AddGroups().BuildServiceProvider();
        Assert.Equal("", services.GetRequiredService<IGatewayAddress>().Public);
    }

    private static Task<HelloReply> HelloAsync(TestGroup group, SiloAddress? gateway) => group.HelloAsync(RandomNumberGenerator.GetBytes(DeviceId.Size), gateway: gateway);
}
