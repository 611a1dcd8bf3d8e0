using System.Security.Cryptography;
using System.Threading.Channels;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>The relay's end of a session whose frames a test writes and reads: no bytes, no handshake.</summary>
internal sealed class FakeChannel(PeerIdentity remote, byte[] handshakeHash) : FakeStream, IFrameChannel
{
    private readonly Channel<FakeStream> _arriving = System.Threading.Channels.Channel.CreateUnbounded<FakeStream>();
    private readonly List<FakeStream> _sides = [];

    public PeerIdentity Remote => remote;
    public ReadOnlyMemory<byte> HandshakeHash => handshakeHash;
    public TransportKind Kind => TransportKind.Memory;

    /// <summary>As on QUIC.</summary>
    public bool HasSideStreams { get; init; }

    /// <summary>The client opens a side stream.</summary>
    public FakeStream OpenSide(bool hasNoNumber = false)
    {
        var side = new FakeStream { HasNoNumber = hasNoNumber };
        _sides.Add(side);
        _arriving.Writer.TryWrite(side);
        return side;
    }

    public async ValueTask<IArrivedStream> AcceptSideStreamAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _arriving.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new ChannelException(ChannelFailure.Transport, "Gone.");
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _arriving.Writer.TryComplete();
        foreach (var side in _sides) await side.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>What the device at the other end signs with.</summary>
    public static readonly byte[] SigningKey = [.. Enumerable.Repeat((byte)0x5A, PeerIdentity.SigningKeyBytes)];

    public DeviceId Device => new(Remote.DeviceId(SigningKey));

    public static PeerIdentity NewPeer() => new(RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(1184));
}

/// <summary>The relay's end of one stream of it.</summary>
internal class FakeStream : IFrameStream, IArrivedStream
{
    private readonly Channel<object> _toRelay = System.Threading.Channels.Channel.CreateUnbounded<object>();
    private readonly Channel<WireFrame> _toClient = System.Threading.Channels.Channel.CreateUnbounded<WireFrame>();
    private TaskCompletionSource? _stalled;

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

    /// <summary>The client never sends the stream's number.</summary>
    public bool HasNoNumber { get; init; }

    public async ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default)
    {
        // As on a real one, whose transport takes nothing after its end: the stream breaks.
        if (IsCompleted)
        {
            await DisposeAsync();
            throw new ChannelException(ChannelFailure.Transport, "Sent after its end.");
        }

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

    public async ValueTask<IFrameStream> OpenAsync(CancellationToken cancellationToken = default)
    {
        if (!HasNoNumber) return this;
        try
        {
            await _toRelay.Reader.WaitToReadAsync(cancellationToken);
            throw new ChannelException(ChannelFailure.Transport, "Gone.");
        }
        catch (OperationCanceledException)
        {
            await DisposeAsync();
            throw;
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        if (IsDisposed) throw new ChannelException(ChannelFailure.Closed, "Closed.");
        IsCompleted = true;
        return ValueTask.CompletedTask;
    }

    public virtual ValueTask DisposeAsync()
    {
        IsDisposed = true;
        _stalled?.TrySetException(new ChannelException(ChannelFailure.Closed, "Closed."));
        _toRelay.Writer.TryComplete();
        _toClient.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
