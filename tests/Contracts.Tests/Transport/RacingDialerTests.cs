using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

/// <summary>Which transport is used, when the next is tried, and what becomes of the losers.</summary>
public sealed class RacingDialerTests
{
    private static readonly RelayEndpoint Relay = new("relay.example", 4840);
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTransport _quic = new(TransportKind.Quic);
    private readonly FakeTransport _tcp = new(TransportKind.Tcp);

    private RacingDialer Dialer => new([_quic, _tcp], _time);

    [Fact]
    public async Task Quic_that_answers_at_once_is_used_and_tcp_never_begins()
    {
        var dialing = Dialer.ConnectAsync(Relay);
        var connection = _quic.Answer();
        var result = await dialing;
        Assert.Same(connection, result.Connection);
        Assert.Empty(result.Failures);
        Assert.Equal(0, _tcp.Attempts);
    }

    [Fact]
    public async Task Tcp_begins_at_once_where_quic_is_not_supported()
    {
        _quic.WhyNot = "QUIC: no libmsquic";
        var dialing = Dialer.ConnectAsync(Relay);
        Assert.Equal((0, 1), (_quic.Attempts, _tcp.Attempts));
        var connection = _tcp.Answer();
        var result = await dialing;
        Assert.Same(connection, result.Connection);
        Assert.Equal([new DialFailure(TransportKind.Quic, "QUIC: no libmsquic")], result.Failures);
    }

    [Fact]
    public async Task Tcp_begins_when_the_head_start_is_over_and_the_slow_quic_connection_is_closed()
    {
        var dialing = Dialer.ConnectAsync(Relay).AsTask();
        Assert.Equal(0, _tcp.Attempts);
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Equal(0, _tcp.Attempts);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await _tcp.Begun;
        var connection = _tcp.Answer();
        var result = await dialing;
        Assert.Same(connection, result.Connection);
        Assert.Equal(TransportKind.Quic, Assert.Single(result.Failures).Kind);

        var late = _quic.Answer();
        await late.Disposed;
    }

    [Fact]
    public async Task Quic_may_still_win_after_tcp_has_begun()
    {
        var dialing = Dialer.ConnectAsync(Relay).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await _tcp.Begun;
        var connection = _quic.Answer();
        Assert.Same(connection, (await dialing).Connection);
        await _tcp.Answer().Disposed;
    }

    [Fact]
    public async Task Tcp_begins_as_soon_as_quic_has_failed()
    {
        var dialing = Dialer.ConnectAsync(Relay).AsTask();
        _quic.Fail("QUIC: no route to it");
        await _tcp.Begun;
        var connection = _tcp.Answer();
        var result = await dialing;
        Assert.Same(connection, result.Connection);
        Assert.Equal([new DialFailure(TransportKind.Quic, "QUIC: no route to it")], result.Failures);
    }

    [Fact]
    public async Task When_all_fail_the_error_names_each_reason()
    {
        var dialing = Dialer.ConnectAsync(Relay).AsTask();
        _quic.Fail("QUIC: no route to it");
        await _tcp.Begun;
        _tcp.Fail("TCP: nothing listens there");
        var error = await Assert.ThrowsAsync<TransportException>(() => dialing);
        Assert.Contains("QUIC: no route to it", error.Message, StringComparison.Ordinal);
        Assert.Contains("TCP: nothing listens there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Giving_up_cancels_and_closes_all()
    {
        using var giveUp = new CancellationTokenSource();
        var dialing = Dialer.ConnectAsync(Relay, giveUp.Token).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await _tcp.Begun;
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialing);
        Assert.True(_quic.Cancelled && _tcp.Cancelled);
        await _quic.Answer().Disposed;
        await _tcp.Answer().Disposed;
    }

    /// <summary>Connects when the test says so; a cancelled attempt may connect all the same, as real ones may.</summary>
    private sealed class FakeTransport(TransportKind kind) : ITransport
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<IConnection> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationToken _token;

        public TransportKind Kind => kind;

        public string? WhyNot { get; set; }

        public int Attempts { get; private set; }

        public Task Begun => _begun.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

        public bool Cancelled => _token.IsCancellationRequested;

        public bool IsSupported(out string? why) => (why = WhyNot) is null;

        public async ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
        {
            Attempts++;
            _token = cancellationToken;
            _begun.TrySetResult();
            return await _answer.Task;
        }

        public FakeConnection Answer()
        {
            var connection = new FakeConnection(kind);
            _answer.SetResult(connection);
            return connection;
        }

        public void Fail(string reason) => _answer.SetException(new TransportException(reason));

        public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class FakeConnection(TransportKind kind) : IConnection
    {
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Disposed => _disposed.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

        public TransportKind Kind => kind;

        public string RemoteAddress => "fake";

        public bool HasStreams => false;

        public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            _disposed.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
