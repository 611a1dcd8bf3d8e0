using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using ZeroK.Channel;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>Both sides in this process, over the in-memory transport: no socket, no disk.</summary>
public sealed class MemoryBench : IHandshakeBench
{
    private readonly StaticIdentity _relay = StaticIdentity.Generate();
    private readonly StaticIdentity _device = StaticIdentity.Generate();
    private readonly ConcurrentBag<WatchedConnection> _watched = [];
    private int _open;

    // Message 2 is the largest.
    private const int ReadBytesMax = 3568;

    /// <inheritdoc/>
    public TimeSpan Timeout { get; } = TimeSpan.FromMilliseconds(400);

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> Secrets => [.. Leaks.SecretsOf(_relay), .. Leaks.SecretsOf(_device)];

    private ChannelOptions Options => ChannelOptions.Default with { HandshakeTimeout = Timeout };

    /// <summary>The longest that nothing may happen before a peer's silence is noticed: production's timeout, on a clock that only the bench moves.</summary>
    private static ChannelOptions SilenceOptions(FakeTimeProvider clock) => ChannelOptions.Default with { Time = clock };

    /// <inheritdoc/>
    public async Task<HandshakeOutcome> TryAsync((Direction Direction, TamperPlan Plan)? attack, CancellationToken cancellationToken)
    {
        var up = new FrameTamper(attack is { Direction: Direction.Upstream } ? attack.Value.Plan : new TamperPlan(2, TamperAction.None));
        var down = new FrameTamper(attack is { Direction: Direction.Downstream } ? attack.Value.Plan : new TamperPlan(1, TamperAction.None));
        var (seenUp, seenDown) = (new FrameTamper(new TamperPlan(2, TamperAction.None)), new FrameTamper(new TamperPlan(1, TamperAction.None)));
        var silence = attack is { Plan.Action: TamperAction.Silence } ? new FakeTimeProvider() : null;
        var options = silence is null ? Options : SilenceOptions(silence);
        var silent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var network = new MemoryNetwork
        {
            Tap = chunk =>
            {
                var (seen, tamper) = chunk.Direction == MemoryDirection.ToRelay ? (seenUp, up) : (seenDown, down);
                seen.Pass(chunk.Bytes.Span);
                var passed = tamper.Pass(chunk.Bytes.Span);
                if (tamper.Ends) _ = CloseSoonAsync(chunk.Sender);
                if (silence is not null && tamper.Done) silent.TrySetResult();
                return ValueTask.FromResult<ReadOnlyMemory<byte>>(passed);
            },
        };
        await using var listener = await network.ListenAsync("relay", 0, cancellationToken).ConfigureAwait(false);
        var relaySide = RelayAsync(listener, options, cancellationToken);
        var clientSide = ClientAsync(network, options, cancellationToken);
        if (silence is not null) await PassTimeAsync(silence, silent.Task, clientSide, relaySide, cancellationToken).ConfigureAwait(false);
        var client = await clientSide.ConfigureAwait(false);
        var relay = await relaySide.ConfigureAwait(false);
        var tampered = up.Done || down.Done;
        return new HandshakeOutcome(client is null && relay is null, client, relay is null ? "" : $"{relay.Failure} at message {relay.HandshakeMessage}: {relay.Message}", tampered, new HandshakeRecord(seenUp.Seen, seenDown.Seen));
    }

    /// <inheritdoc/>
    public Task NothingLeftAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.That(Volatile.Read(ref _open) == 0, "a channel is still open");
        run.That(!_watched.IsEmpty && _watched.All(w => w.IsDisposed), "a connection of a failed handshake is still held");
        run.That(_watched.All(w => w.OfferedBytesMax <= ReadBytesMax), "a buffer larger than any handshake message was offered to the transport");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _relay.Dispose();
        _device.Dispose();
        return ValueTask.CompletedTask;
    }

    private WatchedConnection Watch(IConnection connection)
    {
        var watched = new WatchedConnection(connection);
        _watched.Add(watched);
        return watched;
    }

    // The peer is silent from here on: both sides wait until the timeout, and not a tick less.
    private static async Task PassTimeAsync(FakeTimeProvider clock, Task silent, Task client, Task relay, CancellationToken cancellationToken)
    {
        await Task.WhenAny(silent, Task.WhenAll(client, relay)).WaitAsync(cancellationToken).ConfigureAwait(false);
        var tick = TimeSpan.FromMilliseconds(1);
        clock.Advance(ChannelOptions.Default.HandshakeTimeout - tick);
        if (client.IsCompleted || relay.IsCompleted) throw new ScenarioFailedException("a side gave up before the handshake's timeout");
        clock.Advance(tick);
    }

    private async Task<ChannelException?> ClientAsync(MemoryNetwork network, ChannelOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var connection = Watch(await network.ConnectAsync(new RelayEndpoint("relay", 0), cancellationToken).ConfigureAwait(false));
            var channel = await SecureChannel.ConnectAsync(connection, _device, _relay.Public.Fingerprint(), options, cancellationToken).ConfigureAwait(false);
            connection.IsSession = true;
            await UseAsync(channel, asks: true, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (ChannelException e)
        {
            return e;
        }
    }

    private async Task<ChannelException?> RelayAsync(IListener listener, ChannelOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var connection = Watch(await listener.AcceptAsync(cancellationToken).ConfigureAwait(false));
            var channel = await SecureChannel.AcceptAsync(connection, _relay, options, cancellationToken).ConfigureAwait(false);
            connection.IsSession = true;
            await UseAsync(channel, asks: false, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (ChannelException e)
        {
            return e;
        }
    }

    // The cut bytes are delivered when the tap has returned: the end comes behind them.
    private static async Task CloseSoonAsync(IConnection sender)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System).ConfigureAwait(false);
        await sender.CompleteAsync().ConfigureAwait(false);
    }

    // Closing destroys what the peer has not read: so the client, which receives last, closes first.
    private static async Task LastReceiverClosesAsync(IFrameChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            await channel.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelException)
        {
            // The client has closed: it has the answer.
        }
    }

    // One frame each way proves the session.
    private async Task UseAsync(IFrameChannel channel, bool asks, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await using (channel.ConfigureAwait(false))
            {
                using var limit = new CancellationTokenSource(Timeout, TimeProvider.System);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                if (asks) await channel.SendAsync(1, new ListDevices(), either.Token).ConfigureAwait(false);
                var frame = await channel.ReceiveAsync(either.Token).ConfigureAwait(false);
                if (frame is null) throw new ChannelException(ChannelFailure.Transport, "The peer ended the session before it was used.");
                if (asks) return;
                await channel.SendAsync(1, new Ok(), either.Token).ConfigureAwait(false);
                await LastReceiverClosesAsync(channel, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChannelException(ChannelFailure.Timeout, "The session was not used in time: no frame came.", e);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
