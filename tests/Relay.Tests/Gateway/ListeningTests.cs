using Microsoft.Extensions.Logging;
using Xunit;
using ZeroK.Gateway;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>What a gateway does when a port can't be had.</summary>
public sealed class ListeningTests
{
    [Theory]
    [InlineData(4840, false)]
    [InlineData(0, true)]
    public async Task Relay_whose_udp_port_another_address_has_starts_with_tcp_and_says_so(int port, bool fails)
    {
        await using var rig = new GatewayRig(new() { Port = port });
        using var identity = StaticIdentity.Generate();
        using var logs = new LoggerFactory([rig.Logs]);
        await using var gateway = new RelayGateway(rig.Context, [new FakeNetwork(), new Taken()], identity, logs);
        if (fails)
        {
            await Assert.ThrowsAsync<TransportException>(() => gateway.StartAsync(TestContext.Current.CancellationToken));
            return;
        }

        await gateway.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal([TransportKind.Memory], gateway.Listening);
        Assert.Contains(rig.Logs.Lines, l => l.Contains("Warning Not listening on Quic", StringComparison.Ordinal) && l.Contains("another program has this port", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Relay_whose_only_port_is_taken_does_not_start()
    {
        await using var rig = new GatewayRig();
        using var identity = StaticIdentity.Generate();
        using var logs = new LoggerFactory([rig.Logs]);
        await using var gateway = new RelayGateway(rig.Context, [new Taken(), new FakeNetwork()], identity, logs);
        await Assert.ThrowsAsync<TransportException>(() => gateway.StartAsync(TestContext.Current.CancellationToken));
        Assert.False(gateway.IsOpen);
    }

    private sealed class Taken : ITransport
    {
        public TransportKind Kind => TransportKind.Quic;

        public bool IsSupported(out string? why)
        {
            why = null;
            return true;
        }

        public ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default) => throw new TransportException("QUIC: another program has this port");
    }
}
