using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

/// <summary>A relay with several addresses, in memory with a clock of its own, and on real sockets: a silent or dead first one keeps nobody away.</summary>
public sealed class SeveralWaysDialTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Silence _transport = new();

    [Fact]
    public async Task Silent_first_address_costs_a_head_start_and_no_more()
    {
        _transport.Answers = "192.0.2.2";
        var dialing = new RacingDialer([_transport], _time) { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("2001:db8::1"), IPAddress.Parse("192.0.2.2")]) }.ConnectAsync(new RelayEndpoint("relay.example", 4840)).AsTask();
        var result = await PassAsync(dialing);
        Assert.Equal(new RelayEndpoint("relay.example", 4840), result.Way);
        Assert.Equal(["2001:db8::1", "192.0.2.2"], _transport.Tried);
        Assert.InRange(_time.GetUtcNow() - _time.Start, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(300));
        Assert.All(_transport.Tokens, t => Assert.True(t.IsCancellationRequested));
    }

    [Fact]
    public async Task Name_that_never_resolves_keeps_nobody_from_the_other_address()
    {
        _transport.Answers = "192.0.2.2";
        var never = new TaskCompletionSource<IPAddress[]>();
        var dialing = new RacingDialer([_transport], _time) { Resolve = (_, _) => never.Task }.ConnectAsync([new RelayEndpoint("lost.example", 1), new RelayEndpoint("192.0.2.2", 2)]).AsTask();
        Assert.Equal(new RelayEndpoint("192.0.2.2", 2), (await PassAsync(dialing)).Way);
    }

    [Fact]
    public async Task When_no_address_can_be_reached_each_reason_is_named_once()
    {
        var dialer = new RacingDialer([_transport], _time) { Resolve = (_, _) => throw new SocketException((int)SocketError.HostNotFound) };
        var error = await Assert.ThrowsAsync<TransportException>(() => dialer.ConnectAsync([new RelayEndpoint("a.example", 1), new RelayEndpoint("b.example", 1)]).AsTask());
        Assert.Equal("Can't connect to the relay. no such host.", error.Message);
        Assert.Empty(_transport.Tried);
    }

    [Fact]
    public async Task Address_where_nothing_listens_and_one_that_is_silent_are_passed_over_on_real_sockets()
    {
        // Bound and not listening: refused. The second address is of a network for documentation: no answer, or no route.
        using var dead = new Socket(SocketType.Stream, ProtocolType.Tcp);
        dead.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var listener = await new TcpTransport().ListenAsync("127.0.0.1", 0);
        var ways = new[] { new RelayEndpoint("127.0.0.1", ((IPEndPoint)dead.LocalEndPoint!).Port), new RelayEndpoint("192.0.2.1", 4840), new RelayEndpoint("127.0.0.1", listener.Port) };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var result = await new RacingDialer([new TcpTransport()], TimeProvider.System).ConnectAsync(ways, patience.Token);
        await using var connection = result.Connection;
        Assert.Equal(ways[2], result.Way);
    }

    private async Task<DialResult> PassAsync(Task<DialResult> dialing)
    {
        for (var i = 0; i < 3000 && !dialing.IsCompleted; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            if (!dialing.IsCompleted && _time.GetUtcNow() - _time.Start < TimeSpan.FromSeconds(9)) _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        return await dialing.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
    }

    /// <summary>One address answers, no other ever does.</summary>
    private sealed class Silence : ITransport
    {
        private readonly Lock _gate = new();

        public string Answers { get; set; } = "";

        public List<string> Tried { get; } = [];

        public List<CancellationToken> Tokens { get; } = [];

        public TransportKind Kind => TransportKind.Tcp;

        public bool TakesAddresses => true;

        public bool IsSupported(out string? why) => (why = null) is null;

        public async ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
        {
            lock (_gate)
            {
                Tried.Add(endpoint.Host);
                Tokens.Add(cancellationToken);
            }

            if (endpoint.Host != Answers) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new Open();
        }

        public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class Open : IConnection
    {
        public TransportKind Kind => TransportKind.Tcp;

        public string RemoteAddress => "fake";

        public bool HasStreams => false;

        public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
