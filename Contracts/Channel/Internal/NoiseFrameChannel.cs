using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>Frames in Noise transport messages: length of the ciphertext (u16 big-endian), ciphertext.</summary>
internal sealed class NoiseFrameChannel : IFrameChannel
{
    private readonly IConnection _connection;
    private readonly NoiseSession _noise;
    private readonly FrameSender _sender;
    private readonly FrameReceiver _receiver;
    private int _disposed;

    public NoiseFrameChannel(IConnection connection, NoiseSession noise, PeerIdentity remote, byte[] handshakeHash, ChannelOptions options)
    {
        _connection = connection;
        _noise = noise;
        Remote = remote;
        HandshakeHash = handshakeHash;
        FrameBytesMax = options.FrameBytesMax;
        _sender = new FrameSender(connection, noise, options);
        _receiver = new FrameReceiver(connection, noise);
    }

    public PeerIdentity Remote { get; }

    public ReadOnlyMemory<byte> HandshakeHash { get; }

    public TransportKind Kind => _connection.Kind;

    public int FrameBytesMax { get; set; }

    public ValueTask SendAsync(uint requestId, WireMessage message, CancellationToken cancellationToken = default) => _sender.SendAsync(requestId, message, cancellationToken);

    public ValueTask SendAllAsync(IReadOnlyList<WireFrame> frames, CancellationToken cancellationToken = default) => _sender.SendAllAsync(frames, cancellationToken);

    public ValueTask TakenAsync(CancellationToken cancellationToken = default) => _sender.TakenAsync(cancellationToken);

    public ValueTask<WireFrame?> ReceiveAsync(CancellationToken cancellationToken = default) => _receiver.ReceiveAsync(FrameBytesMax, cancellationToken);

    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        await _sender.DrainAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _connection.CompleteAsync(cancellationToken).ConfigureAwait(false);
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
        await _connection.DisposeAsync().ConfigureAwait(false);
        _noise.Dispose();
    }
}
