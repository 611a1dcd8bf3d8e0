using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>Frames in Noise transport messages on one stream: length of the ciphertext (u16 big-endian), ciphertext.</summary>
internal class NoiseFrameStream(IByteStream stream, NoiseSession noise, ChannelOptions options, int frameBytesMax) : IFrameStream
{
    private readonly FrameSender _sender = new(stream, noise, options);
    private readonly FrameReceiver _receiver = new(stream, noise, options);
    private int _disposed;

    public int FrameBytesMax { get; set; } = frameBytesMax;

    public ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default) => _sender.SendAsync(requestId, message, cancellationToken);

    public ValueTask SendAllAsync(IReadOnlyList<WireFrame> frames, CancellationToken cancellationToken = default) => _sender.SendAllAsync(frames, cancellationToken);

    public ValueTask TakenAsync(CancellationToken cancellationToken = default) => _sender.TakenAsync(cancellationToken);

    public ValueTask<WireFrame?> ReceiveAsync(CancellationToken cancellationToken = default) => _receiver.ReceiveAsync(FrameBytesMax, cancellationToken);

    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        await _sender.DrainAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TransportException e)
        {
            throw new ChannelException(ChannelFailure.Transport, "The connection broke.", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _sender.Close();
        _receiver.Close();
        await stream.DisposeAsync().ConfigureAwait(false);
        noise.Dispose();
    }
}
