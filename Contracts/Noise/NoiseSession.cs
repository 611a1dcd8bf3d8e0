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

    internal NoiseSession(CipherState send, CipherState receive)
    {
        _send = send;
        _receive = receive;
    }

    /// <summary>Seals <paramref name="data"/> into <paramref name="destination"/>, <see cref="TagBytes"/> longer. May be in place.</summary>
    public void Seal(ReadOnlySpan<byte> data, Span<byte> destination) => _send.Seal(default, data, destination);

    /// <summary>Opens a message into <paramref name="destination"/>, <see cref="TagBytes"/> shorter. May be in place. False: the session is over.</summary>
    public bool TryOpen(ReadOnlySpan<byte> message, Span<byte> destination) => _receive.TryOpen(default, message, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        _send.Dispose();
        _receive.Dispose();
    }
}
