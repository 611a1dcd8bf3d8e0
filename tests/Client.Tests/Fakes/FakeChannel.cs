using System.Buffers;
using System.Threading.Channels;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>A frame channel without bytes: one end of a pair. Its side streams are such pairs too.</summary>
internal sealed class FakeChannel : IFrameChannel, IArrivedStream
{
    private readonly Channel<FakeChannel> _arriving;
    private readonly List<FakeChannel> _sides = [];
    private readonly Channel<WireFrame> _in;
    private readonly Channel<WireFrame> _out;

    private FakeChannel(Channel<WireFrame> @in, Channel<WireFrame> @out, Channel<FakeChannel> arriving, bool hasSideStreams) => (_in, _out, _arriving, HasSideStreams) = (@in, @out, arriving, hasSideStreams);

    public bool HasSideStreams { get; }

    public PeerIdentity Remote => throw new InvalidOperationException("A fake proves no identity.");

    public ReadOnlyMemory<byte> HandshakeHash { get; } = new byte[32];

    public TransportKind Kind => TransportKind.Memory;

    public int FrameBytesMax { get; set; } = WireLimits.FrameBytesMax;

    public static (FakeChannel Client, FakeChannel Relay) Pair(bool hasSideStreams = false)
    {
        var (up, down) = (NewChannel.CreateUnbounded<WireFrame>(), NewChannel.CreateUnbounded<WireFrame>());
        var arriving = NewChannel.CreateUnbounded<FakeChannel>();
        return (new FakeChannel(down, up, arriving, hasSideStreams), new FakeChannel(up, down, arriving, hasSideStreams));
    }

    public ValueTask<IFrameStream> OpenSideStreamAsync(CancellationToken cancellationToken = default)
    {
        var (client, relay) = Pair();
        lock (_sides) _sides.Add(client);
        return _arriving.Writer.TryWrite(relay) ? ValueTask.FromResult<IFrameStream>(client) : throw new ChannelException(ChannelFailure.Transport, "cut");
    }

    public async ValueTask<IArrivedStream> AcceptSideStreamAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var side = await _arriving.Reader.ReadAsync(cancellationToken);
            lock (_sides) _sides.Add(side);
            return side;
        }
        catch (ChannelClosedException)
        {
            throw new ChannelException(ChannelFailure.Transport, "cut");
        }
    }

    public ValueTask<IFrameStream> OpenAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<IFrameStream>(this);

    // As a channel does: through bytes. What is no message ends the receiver's side.
    public ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default)
    {
        var bytes = new ArrayBufferWriter<byte>();
        WireCodec.Write(bytes, requestId, message);
        if (!WireCodec.TryRead(bytes.WrittenMemory[WireCodec.LengthBytes..], out var id, out var read, out var problem))
        {
            _out.Writer.TryComplete(new ChannelException(ChannelFailure.Malformed, problem));
            return ValueTask.CompletedTask;
        }

        return _out.Writer.TryWrite(new WireFrame(id, read)) ? ValueTask.CompletedTask : throw new ChannelException(ChannelFailure.Transport, "cut");
    }

    public async ValueTask<WireFrame?> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        while (await _in.Reader.WaitToReadAsync(cancellationToken))
            if (_in.Reader.TryRead(out var frame)) return frame;
        return null;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        _out.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Breaks both directions, as a lost connection does: nothing that waits arrives.</summary>
    public void Cut()
    {
        var broken = new ChannelException(ChannelFailure.Transport, "cut");
        _arriving.Writer.TryComplete();
        lock (_sides)
            foreach (var side in _sides) side.Cut();
        foreach (var side in new[] { _in, _out })
        {
            while (side.Reader.TryRead(out _)) continue;
            side.Writer.TryComplete(broken);
        }
    }

    public ValueTask DisposeAsync()
    {
        Cut();
        return ValueTask.CompletedTask;
    }
}
