using ZeroK.Noise.Internal;

namespace ZeroK.Noise;

/// <summary>The transport messages after a handshake: one cipher a direction, empty associated data.</summary>
/// <remarks>Sending and receiving may overlap; each by one caller at a time.</remarks>
public sealed class NoiseSession : IDisposable
{
    /// <summary>Bytes of the largest transport message, its tag included (Noise revision 34, section 3).</summary>
    public const int MessageBytesMax = 65_535;

    /// <summary>Bytes that sealing adds.</summary>
    public const int TagBytes = CipherState.TagBytes;

    /// <summary>Each direction of protocol version 1 rekeys after so many of its messages.</summary>
    public const uint RekeyEveryMessages = 65_536;

    private readonly CipherState _send;
    private readonly CipherState _receive;
    private readonly StreamKeys? _streams;
    private readonly bool _isInitiator;

    internal NoiseSession(CipherState send, CipherState receive, bool isInitiator = false, StreamKeys? streams = null)
    {
        _send = send;
        _receive = receive;
        _isInitiator = isInitiator;
        _streams = streams;
    }

    /// <summary>Seals <paramref name="data"/> into <paramref name="destination"/>, <see cref="TagBytes"/> longer. May be in place.</summary>
    public void Seal(ReadOnlySpan<byte> data, Span<byte> destination) => _send.Seal(default, data, destination);

    /// <summary>Opens a message into <paramref name="destination"/>, <see cref="TagBytes"/> shorter. May be in place. False: the session is over.</summary>
    public bool TryOpen(ReadOnlySpan<byte> message, Span<byte> destination) => _receive.TryOpen(default, message, destination);

    /// <summary>The ciphers of one of the session's side streams: keys, counters and rekeying of its own. Outlives the session; the caller disposes of it.</summary>
    /// <param name="number">Used once in a session, by both sides for the same stream: the same keys would begin at the same nonces again.</param>
    /// <exception cref="InvalidOperationException">This is a side stream itself.</exception>
    /// <exception cref="ObjectDisposedException">The session is over.</exception>
    public NoiseSession Stream(uint number)
    {
        if (_streams is null) throw new InvalidOperationException("A side stream has no side streams.");
        var (first, second) = _streams.Of(number);
        return Of(first, second, _isInitiator, null);
    }

    internal static NoiseSession Of(CipherState first, CipherState second, bool isInitiator, StreamKeys? streams) =>
        isInitiator ? new(first, second, isInitiator, streams) : new(second, first, isInitiator, streams);

    /// <inheritdoc/>
    public void Dispose()
    {
        _streams?.Dispose();
        _send.Dispose();
        _receive.Dispose();
    }
}
