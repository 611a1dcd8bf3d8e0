using System.Security.Cryptography;
using System.Threading.Channels;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>The relay's end of a session whose frames a test writes and reads: no bytes, no handshake.</summary>
internal sealed class FakeChannel(PeerIdentity remote, byte[] handshakeHash) : IFrameChannel
{
    private readonly Channel<object> _toRelay = System.Threading.Channels.Channel.CreateUnbounded<object>();
    private readonly Channel<WireFrame> _toClient = System.Threading.Channels.Channel.CreateUnbounded<WireFrame>();
    private TaskCompletionSource? _stalled;

    public PeerIdentity Remote => remote;
    public ReadOnlyMemory<byte> HandshakeHash => handshakeHash;
    public TransportKind Kind => TransportKind.Memory;
    public int FrameBytesMax { get; set; }
    public bool IsDisposed { get; private set; }
    public bool IsCompleted { get; private set; }

    /// <summary>Frames that the gateway has taken from its peer.</summary>
    public int Received { get; private set; }

    /// <summary>Sends that wait for the peer now.</summary>
    public int SendsWaiting { get; private set; }

    /// <summary>From now on the peer takes nothing, until <see cref="Resume"/>.</summary>
    public void Stall() => _stalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume()
    {
        var stalled = _stalled;
        _stalled = null;
        stalled?.TrySetResult();
    }

    public void FromClient(uint requestId, WireMessage message) => _toRelay.Writer.TryWrite(new WireFrame(requestId, message));

    public void BreakRead(ChannelException how) => _toRelay.Writer.TryWrite(how);

    public void ClientCloses() => _toRelay.Writer.TryComplete();

    public ValueTask<WireFrame> NextAsync() => _toClient.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

    public bool TryNext(out WireFrame frame) => _toClient.Reader.TryRead(out frame);

    public Task Ended => _toClient.Reader.Completion;

    public async ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default)
    {
        if (_stalled is { } stalled)
        {
            SendsWaiting++;
            await stalled.Task;
            SendsWaiting--;
        }

        if (!_toClient.Writer.TryWrite(new WireFrame(requestId, message is ContentPart part ? new ContentPart(part.Encoding.ToArray()) : message))) throw new ChannelException(ChannelFailure.Closed, "Closed.");
    }

    public async ValueTask<WireFrame?> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        if (!await _toRelay.Reader.WaitToReadAsync(cancellationToken)) return IsDisposed ? throw new ChannelException(ChannelFailure.Closed, "Closed.") : null;
        _toRelay.Reader.TryRead(out var next);
        if (next is ChannelException broken) throw broken;
        Received++;
        return (WireFrame)next!;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        IsCompleted = true;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        _stalled?.TrySetException(new ChannelException(ChannelFailure.Closed, "Closed."));
        _toRelay.Writer.TryComplete();
        _toClient.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public static PeerIdentity NewPeer() => new(RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(1184));
}
